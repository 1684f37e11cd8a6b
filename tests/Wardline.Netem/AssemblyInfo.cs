using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Wardline.Rtc.Tests")]
