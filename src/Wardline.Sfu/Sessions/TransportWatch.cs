using System.Diagnostics;
using Wardline.Rtc;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Sdp;

namespace Wardline.Sfu.Sessions;

/// <summary>What offers change about a participant's transport, and what the shell has to know of it.</summary>
internal sealed class TransportWatch(SfuEvents events, IRandomSource random)
{
    /// <summary>
    /// Credentials and certificate of an offer, when it may follow the offer before it (<see cref="SdpReoffer"/>). Other
    /// credentials in a later offer are an ICE restart. When it is refused nothing has changed.
    /// </summary>
    public bool TrySetRemote(Participant participant, SdpOffer offer, out SdpError error)
    {
        bool restart = false;
        if (participant.LastOffer is { } before && !SdpReoffer.TryCheck(before, offer, out restart, out SdpError? refusal))
        {
            error = refusal;
            return false;
        }

        // RFC 8839 §4.4.1.1.1
        if (restart)
        {
            Restart(participant, offer.Ice);
        }

        if (!participant.Transport.SetRemote(offer.Ice, offer.Fingerprint))
        {
            throw new UnreachableException("The transport knows another peer than the offers that were accepted.");
        }

        participant.LastOffer = offer;
        error = null!;
        return true;
    }

    /// <summary>Tells the shell what a datagram or the time has changed; true when the transport has become connected.</summary>
    public bool HasJustConnected(Participant participant)
    {
        RtcTransport transport = participant.Transport;
        if (transport.Selected is { } selected && selected != participant.ToldAddress)
        {
            participant.ToldAddress = selected;
            events.Add(new AddressSelected(participant.Id, selected));
        }

        if (participant.RetiringUfrag != 0 && transport.Ice.PreviousLocal is null)
        {
            Retire(participant);
        }

        if (transport.State == participant.ToldState)
        {
            return false;
        }

        participant.ToldState = transport.State;
        events.Add(new TransportStateChanged(participant.Id, transport.State));
        return participant.IsConnected;
    }

    public void Forget(Participant leaving)
    {
        events.Add(new UfragRemoved(leaving.Id, IceUfrag.Pack(leaving.Transport.Ice.Local.Ufrag)));
        Retire(leaving);
    }

    /// <summary>
    /// Of the ufrags before this restart the agent keeps at most one: the last that the peer has proven, which is not
    /// always the last that it was told. The other one is of no use to the shell any more.
    /// </summary>
    private void Restart(Participant participant, in IceCredentials remote)
    {
        RtcTransport transport = participant.Transport;
        ulong replaced = IceUfrag.Pack(transport.Ice.Local.Ufrag);
        IceCredentials local = IceCredentials.Create(random);
        transport.RestartIce(local, remote);
        ulong kept = transport.Ice.PreviousLocal is { } previous ? IceUfrag.Pack(previous.Ufrag) : 0;
        if (participant.RetiringUfrag != kept)
        {
            Retire(participant);
        }

        if (replaced != kept)
        {
            events.Add(new UfragRemoved(participant.Id, replaced));
        }

        participant.RetiringUfrag = kept;
        events.Add(new UfragAdded(participant.Id, IceUfrag.Pack(local.Ufrag)));
    }

    private void Retire(Participant participant)
    {
        if (participant.RetiringUfrag != 0)
        {
            events.Add(new UfragRemoved(participant.Id, participant.RetiringUfrag));
            participant.RetiringUfrag = 0;
        }
    }
}
