using System.CommandLine;
using System.Reflection;
using Wardline.Cli.Doctor;

RootCommand root = new("The command line of Wardline.")
{
    DoctorCommand.Create(TimeProvider.System),
};
Command version = new("version", "Print the version.");
version.SetAction(static parsed => parsed.InvocationConfiguration.Output.WriteLine(
    typeof(DoctorCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion));
root.Add(version);
return await root.Parse(args).InvokeAsync();
