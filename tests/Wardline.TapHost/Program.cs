using Wardline.Media.Taps;
using Wardline.Server;

// The product's own host with one thing added that the product cannot be configured to do: every packet that the SFU
// decrypts is written to a file. The browser tests prove with it that frames are sealed even there.
using PacketTap tap = new(args[0]);
await using WebApplication app = WardlineHost.Create(args[1..], services => services.AddSingleton(tap));
await app.RunAsync();
