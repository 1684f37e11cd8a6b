using System.CommandLine;
using System.Reflection;
using Wardline.Cli.Doctor;
using Wardline.Cli.Keep;
using Wardline.Cli.Load;
using Wardline.Cli.Patient;
using Wardline.Cli.Verify;
using Wardline.Cli.Witness;

RootCommand root = new("The command line of Wardline.")
{
    DoctorCommand.Create(TimeProvider.System),
    PatientCommand.Create(),
    LoadCommand.Create(),
    VerifyCommand.Create(),
    WitnessCommand.Create(TimeProvider.System),
    KeepCommand.Create(TimeProvider.System),
};
Command version = new("version", "Print the version.");
version.SetAction(static parsed => parsed.InvocationConfiguration.Output.WriteLine(
    typeof(DoctorCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion));
root.Add(version);
return await root.Parse(args).InvokeAsync();
