using Wardline.Netem;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Visits;

/// <summary>
/// A whole visit in virtual time: a session, simulated browsers, and a link of <see cref="Link"/> in each direction
/// between them. Minutes of it run in a moment and come out the same every time.
/// </summary>
internal sealed class VirtualVisit : IDisposable
{
    private readonly OpenSslDtls _factory = Peer.CreateFactory();
    private readonly PacketTrains _output = new(2048);
    private readonly byte[] _datagram = new byte[Link.MaxDatagramBytes];

    public VirtualVisit(SfuSessionOptions? options = null) => Session = new SfuSession(options ?? new SfuSessionOptions(), _factory, new SeededRandom(4711));

    public SfuSession Session { get; }

    public Instant Now { get; private set; } = Instant.FromMilliseconds(10_000);

    /// <summary>Calls of the session for a timeout that it asked for, the same number on every machine.</summary>
    public int Wakes { get; private set; }

    /// <summary>Those of them after which the session had nothing to send and nothing to tell.</summary>
    public int VainWakes { get; private set; }

    public List<Browser> Browsers { get; } = [];

    public List<(Instant At, SfuEvent Event)> Events { get; } = [];

    public Browser Add(LinkConditions? up = null, LinkConditions? down = null, OfferBuilder? offer = null)
    {
        int number = Browsers.Count + 1;
        Browser? made = null;
        Peer peer = new(number) { Send = bytes => EvenHandshake.Enqueue(made!.Up, bytes, Now) };
        made = new Browser(
            peer, new Link(up ?? LinkConditions.Perfect, (ulong)(100 + number)), new Link(down ?? LinkConditions.Perfect, (ulong)(200 + number)))
        {
            Offer = offer ?? new OfferBuilder(),
        };
        Browsers.Add(made);
        peer.Server = Session.AddParticipant(peer.Id, Now);
        return made;
    }

    public void Negotiate(Browser browser)
    {
        bool agreed = Session.TryNegotiate(
            browser.Id, browser.Offer.Write(browser.Peer.Ice, browser.Peer.Fingerprint), browser.PublishRequests, browser.SubscribeRequests,
            ["candidate:1 1 udp 2130706431 192.0.2.200 9000 typ host"], Now, out string answer, out Rtc.Sdp.SdpError error);
        Assert.True(agreed, error?.Code);
        browser.OnAnswer(answer, Now);
    }

    public void View(Browser browser, string mid, int width, int height) => Session.SetView(browser.Id, [new ViewSlot(mid, width, height)], Now);

    public void Run(TimeSpan time)
    {
        Instant end = Now + time;
        int standing = 0;
        while (true)
        {
            Instant next = Session.NextTimeout;
            Assert.True(next <= Session.ReckonNextTimeout(), "a deadline that came nearer was not told");
            foreach (Browser browser in Browsers)
            {
                next = Instant.Min(next, Instant.Min(browser.NextTimeout, Instant.Min(browser.Up.NextTimeout, browser.Down.NextTimeout)));
            }

            if (next > end)
            {
                Now = end;
                return;
            }

            standing = next > Now ? 0 : standing + 1;
            Assert.True(standing < 10_000, "time stands still");
            Now = next > Now ? next : Now;
            Step();
        }
    }

    public void Dispose()
    {
        foreach (Browser browser in Browsers)
        {
            browser.Peer.Dispose();
        }

        Session.Dispose();
        _factory.Dispose();
        _output.Dispose();
    }

    private void Step()
    {
        foreach (Browser browser in Browsers)
        {
            while (EvenHandshake.TryDequeue(browser.Up, Now, _datagram, out int length))
            {
                Session.Handle(browser.Id, _datagram.AsSpan(0, length), browser.Peer.Address, Now, _output);
                Flush();
            }
        }

        if (Session.NextTimeout <= Now)
        {
            Wakes++;
            Session.HandleTimeout(Now, _output);
            bool silent = _output.PacketCount == 0;
            Flush();
            VainWakes += silent && !TakeEvents() ? 1 : 0;
        }

        foreach (Browser browser in Browsers)
        {
            while (EvenHandshake.TryDequeue(browser.Down, Now, _datagram, out int length))
            {
                browser.Peer.Receive(_datagram[..length], Now);
            }

            browser.HandleTimeout(Now);
        }

        TakeEvents();
    }

    private bool TakeEvents()
    {
        bool any = false;
        while (Session.TryTakeEvent(out SfuEvent e))
        {
            Events.Add((Now, e));
            any = true;
        }

        return any;
    }

    private void Flush()
    {
        foreach (PacketTrains.Train train in _output.Trains)
        {
            Browser? to = Browsers.Find(browser => browser.Peer.Address == train.To);
            for (int i = train.First; to is not null && i < train.First + train.Count; i++)
            {
                EvenHandshake.Enqueue(to.Down, _output.Bytes(_output.Packets[i]), Now);
            }
        }

        _output.Clear();
    }
}
