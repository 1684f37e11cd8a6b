using System.Runtime.Versioning;
using System.Text;
using Wardline.Fuzz.Running;
using Wardline.Server.Features.Identity;
using Wardline.Server.Features.Signaling;
using Wardline.Server.Features.Signaling.Tickets;
using Wardline.Server.Features.Signaling.Wire;
using Wardline.Server.Features.Turn;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;

namespace Wardline.Fuzz.Targets;

/// <summary>Join tickets, whose text comes from strangers: what is taken says what this office wrote, to the letter.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TicketTarget : IFuzzTarget
{
    private readonly TicketOffice _office;
    private readonly string _issued;
    private readonly JoinTicket _ticket;

    public TicketTarget()
    {
        TimeSpan minute = TimeSpan.FromMinutes(1);
        _office = new TicketOffice(
            new SignalingOptions
            {
                TicketLifetime = minute, HelloWithin = minute, SilenceAfter = minute, ResumeWithin = minute, IdleEnd = minute, IdleWarning = minute, RotateInterval = minute,
            },
            TimeProvider.System);
        Visit visit = new("visit", "consult", MediaProfile.Standard, default, null, null, IsDemo: false);
        _issued = _office.Issue(new Invitation(visit, new Person("person", "name"), "participant", Role.Patient, Admission.Invited), "AAAAAAAAAAAAAAAAAAAAAA");
        Promise.Hold(_office.TryVerify(_issued, out JoinTicket? ticket), "An issued ticket is one.");
        _ticket = ticket!;
    }

    public string Name => "ticket";

    public int MaxBytes => 4096;

    // Both parts decoded, and what the ticket says.
    public long AllocationBudget => 64 * 1024;

    public IEnumerable<byte[]> Seeds => new[] { _issued, _issued.Split('.')[0] + ".", "." + _issued.Split('.')[1], "e30." + _issued.Split('.')[1] }.Select(Encoding.ASCII.GetBytes);

    public IEnumerable<byte[]> Dictionary => new[] { ".", "..", "=", "e30", "A", "_", "-", "+", "/", " " }.Select(Encoding.ASCII.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        bool taken = _office.TryVerify(Encoding.Latin1.GetString(input), out JoinTicket? ticket);
        Promise.Hold(taken == (ticket is not null), "A ticket or nothing.");
        Promise.Hold(!taken || ticket == _ticket, "Nobody else writes tickets.");
    }
}

/// <summary>Bodies of the HTTP calls: of their shape, or nothing.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ApiJsonTarget : IFuzzTarget
{
    public string Name => "api-json";

    public int MaxBytes => 4096;

    // Three readers, and the exception of each that refuses.
    public long AllocationBudget => 256 * 1024;

    public IEnumerable<byte[]> Seeds => new[]
    {
        """{"visit":"v","secret":"AAAAAAAAAAAAAAAAAAAAAA"}""", """{"instance":"AAAAAAAAAAAAAAAAAAAAAA"}""", """{"reason":"join"}""", """{"reason":"a\u00e9\ud83d\ude00","x":[{"y":null}]}""",
    }.Select(Encoding.UTF8.GetBytes);

    public IEnumerable<byte[]> Dictionary => new[]
    {
        "{", "}", "[", "]", ",", ":", "\"", "\\ud83d", "null", "1e999", "[[[[[[[[[", "\"visit\":", "\"secret\":", "\"instance\":", "\"reason\":", "\u0000", "//", "/*",
    }.Select(Encoding.UTF8.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        LinkRequest? link = ApiJson.Parse(input, IdentityJson.Default.LinkRequest);
        Promise.Hold(link is null or { Visit: not null, Secret: not null }, "A link has both its parts.");
        Promise.Hold(ApiJson.Parse(input, JoinJson.Default.JoinRequest) is null or { Instance: not null }, "A join names its instance.");
        Promise.Hold(ApiJson.Parse(input, TurnJson.Default.TurnRequest) is null or { Reason: not null }, "A request for the relay has a reason.");
    }
}
