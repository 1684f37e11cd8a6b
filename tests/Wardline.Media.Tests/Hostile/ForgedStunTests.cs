using System.Net;
using System.Net.Sockets;
using System.Text;
using Wardline.Media.Tests.Peers;
using Wardline.Media.Tests.Shell;
using Wardline.Rtc;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Stun;
using Wardline.Sfu;

namespace Wardline.Media.Tests.Hostile;

/// <summary>Checks that try to move somebody's media to another address.</summary>
public sealed class ForgedStunTests
{
    [Fact]
    public async Task Checks_without_the_password_neither_move_the_media_nor_make_an_address_known()
    {
        await using Call call = await Call.StartAsync();
        using Socket stranger = call.Stranger();
        IceCredentials server = new(PeerSdp.Attribute(call.Ada.Answer, "ice-ufrag"), PeerSdp.Attribute(call.Ada.Answer, "ice-pwd"));
        TransportReport transport = call.Inside.Transport(call.Ada.Id);
        byte[] username = Encoding.ASCII.GetBytes($"{server.Ufrag}:{call.Ada.IceUfrag}");
        byte[] half = Encoding.ASCII.GetBytes($"{server.Ufrag}:WRNG");
        byte[] wrong = Encoding.ASCII.GetBytes(new string('x', server.Password.Length));
        byte[] right = Encoding.ASCII.GetBytes(server.Password);
        TransportAddress? selected = transport.Selected;
        IceCounters ice = transport.Ice;
        (long bad, long without, long name, long moves, long print) = (ice.BadIntegrity, ice.WithoutCredentials, ice.WrongUsername, ice.SelectionChanges, ice.WithoutFingerprint);
        int addresses = (int)call.Engine.Snapshot().Addresses;
        int rounds = 0;
        call.Survives(() =>
        {
            foreach (Action<byte[]> send in (Action<byte[]>[])[b => stranger.Send(b), b => call.Ada.Socket.Send(b)])
            {
                send(Check(username, wrong));
                send(Check(username, null));
                send(Check(half, right));
                send(Check(username, wrong, fingerprint: false));
            }

            return ++rounds >= 60;
        });
        Assert.Equal(selected, call.Inside.Transport(call.Ada.Id).Selected);
        Assert.Equal(moves, ice.SelectionChanges);
        Assert.Equal(addresses, call.Engine.Snapshot().Addresses);

        // Each is in a counter: from her own address all of them, from the stranger's those within the ration for the unproven.
        long over = call.Engine.Snapshot().ChecksOverBudget;
        Assert.Equal(8L * rounds, ice.BadIntegrity - bad + ice.WithoutCredentials - without + ice.WrongUsername - name + ice.WithoutFingerprint - print + over);
        Assert.True(Math.Min(Math.Min(ice.BadIntegrity - bad, ice.WithoutCredentials - without), ice.WrongUsername - name) >= rounds);
    }

    [Fact]
    public async Task A_stranger_who_asks_without_the_password_gets_no_more_bytes_than_he_sends()
    {
        await using Call call = await Call.StartAsync();
        using Socket stranger = call.Stranger();
        string ufrag = PeerSdp.Attribute(call.Ada.Answer, "ice-ufrag");
        byte[] check = Check(Encoding.ASCII.GetBytes($"{ufrag}:WRNG"), new byte[22]);
        stranger.Send(check);
        byte[] answer = new byte[2048];
        Assert.True(stranger.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead));
        int length = stranger.Receive(answer);
        Assert.Equal(StunParse.Ok, StunMessage.TryParse(answer.AsSpan(0, length), out StunMessage refusal));
        Assert.Equal(StunClass.Error, refusal.Class);
        Assert.InRange(length, 20, check.Length);
    }

    [Fact]
    public async Task Answers_indications_and_garbled_checks_are_dropped_and_the_call_goes_on()
    {
        await using Call call = await Call.StartAsync();
        Random random = new(3);
        byte[] honest = call.Ada.Checker.Check();
        TransportReport transport = call.Inside.Transport(call.Ada.Id);
        TransportAddress? selected = transport.Selected;
        using Socket stranger = call.Stranger();
        int sent = 0;
        call.Survives(() =>
        {
            for (int i = 0; i < 10; i++, sent++)
            {
                byte[] bad = [.. honest];
                for (int flips = random.Next(1, 6); flips > 0; flips--)
                {
                    bad[random.Next(20, bad.Length)] ^= (byte)random.Next(1, 256);
                }

                bad[0] = (byte)random.Next(4); // other classes and methods too
                bad[1] = (byte)random.Next(256);
                stranger.Send(bad.AsSpan(0, random.Next(4, bad.Length)));
                call.Ada.Socket.Send(bad);
            }

            return sent > 1000;
        });
        Assert.Equal(selected, call.Inside.Transport(call.Ada.Id).Selected);
        Assert.Equal(2, call.Engine.Snapshot().Addresses);
    }

    [Fact]
    public async Task Recorded_checks_from_elsewhere_neither_take_the_media_nor_push_an_address_out()
    {
        await using Call call = await Call.StartAsync();
        TransportAddress? selected = call.Inside.Transport(call.Ada.Id).Selected;
        (int addresses, long moves) = ((int)call.Engine.Snapshot().Addresses, call.Inside.Transport(call.Ada.Id).Ice.SelectionChanges);
        List<byte[]> recorded = [];
        List<Socket> strangers = [];
        long sent = 0;
        try
        {
            call.Survives(() =>
            {
                // Her checks go by every two seconds; each is sent again at once, from ever new addresses.
                recorded.AddRange(call.Ada.Wiretap!.Where(d => d[0] < 4));
                call.Ada.Wiretap!.Clear();
                if (strangers.Count < 60)
                {
                    strangers.Add(call.Stranger());
                }

                foreach (byte[] check in recorded.TakeLast(2))
                {
                    strangers[(int)(sent % strangers.Count)].Send(check);
                    sent++;
                }

                return strangers.Count >= 60 && recorded.Count >= 3;
            });
            Assert.True(recorded.Count >= 3 && strangers.Count > 3 * Engines.Options.MaxAddressesPerParticipant);
            Assert.All(strangers, s => Assert.Equal(0, s.Available));
        }
        finally
        {
            strangers.ForEach(s => s.Dispose());
        }

        TransportReport after = call.Inside.Transport(call.Ada.Id);
        Assert.Equal((selected, moves), (after.Selected, after.Ice.SelectionChanges));
        MediaCounters counters = call.Engine.Snapshot();
        Assert.Equal((addresses, 0L), (counters.Addresses, counters.AddressesForgotten));
        Assert.Equal(sent, after.Ice.ReplayedChecks + counters.ChecksOverBudget);
        Assert.True(after.Ice.ReplayedChecks > 100);
    }

    [Fact]
    public async Task A_participant_whose_port_changes_takes_the_media_along_while_its_old_checks_are_sent_again()
    {
        await using Call call = await Call.StartAsync();
        TransportAddress before = call.Inside.Transport(call.Ada.Id).Selected!.Value;
        byte[][] recorded = [.. call.Ada.Wiretap!.Where(d => d[0] < 4)];
        Assert.NotEmpty(recorded);
        using Socket stranger = call.Stranger();
        using PeerSocket old = call.Ada.SwitchSocket();
        call.Survives(() =>
        {
            Array.ForEach(recorded, check => stranger.Send(check));
            return call.Inside.Transport(call.Ada.Id).Selected != before;
        });
        TransportReport after = call.Inside.Transport(call.Ada.Id);
        Assert.Equal(((IPEndPoint)call.Ada.Socket.Socket.LocalEndPoint!).Port, after.Selected!.Value.Port);
        Assert.True(after.Ice.ReplayedChecks > 0);
        Assert.Equal(0, stranger.Available);
    }

    private static byte[] Check(byte[] username, byte[]? key, bool fingerprint = true)
    {
        byte[] buffer = new byte[256];
        StunWriter writer = new(buffer, StunClass.Request, StunMethod.Binding, Guid.NewGuid().ToByteArray().AsSpan(0, 12));
        writer.AddUsername(username);
        writer.AddPriority(0x7EFF_FFFF);
        writer.AddIceControlling(9);
        writer.AddUseCandidate();
        if (key is not null)
        {
            writer.AddMessageIntegrity(key);
        }

        if (fingerprint)
        {
            writer.AddFingerprint();
        }

        return buffer[..writer.Length];
    }
}
