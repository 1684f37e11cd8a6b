using System.Net.Sockets;
using System.Text;
using Wardline.Media.Tests.Peers;
using Wardline.Rtc;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Stun;

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
        RtcTransport transport = call.Inside.Transport(call.Ada.Id);
        byte[] username = Encoding.ASCII.GetBytes($"{server.Ufrag}:{transport.Ice.Remote!.Value.Ufrag}");
        byte[] half = Encoding.ASCII.GetBytes($"{server.Ufrag}:WRNG");
        byte[] wrong = Encoding.ASCII.GetBytes(new string('x', server.Password.Length));
        byte[] right = Encoding.ASCII.GetBytes(server.Password);
        TransportAddress? selected = transport.Selected;
        IceCounters ice = transport.Ice.Counters;
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
        Assert.Equal(selected, transport.Selected);
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
        RtcTransport transport = call.Inside.Transport(call.Ada.Id);
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
        Assert.Equal(selected, transport.Selected);
        Assert.Equal(2, call.Engine.Snapshot().Addresses);
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
