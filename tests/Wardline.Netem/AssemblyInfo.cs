using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Wardline.Netem.Tests")]
