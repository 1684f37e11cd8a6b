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
    /// <remarks>
    /// An answer that was lost with its socket makes the client roll back (RFC 8829 §4.1.10.2): its next offer has the
    /// sections of the offer before that one, and new ones under new mids. The transport has no rollback: credentials
    /// are always measured by the last offer.
    /// </remarks>
    /// <param name="agreed">With the sections that the answer rejects marked as such.</param>
    public bool TrySetRemote(Participant participant, SdpOffer agreed, out SdpError error)
    {
        bool restart = false;
        SdpOffer? settled = participant.SettledOffer;
        if (participant.LastOffer is { } last)
        {
            if (SdpReoffer.TryCheck(last, agreed, out restart, out SdpError? refusal))
            {
                settled = last;
            }
            else if (!SdpReoffer.TryCheck(last with { Sections = settled?.Sections ?? [] }, agreed, out restart, out _))
            {
                error = refusal;
                return false;
            }
        }

        // RFC 8839 §4.4.1.1.1
        if (restart)
        {
            Restart(participant, agreed.Ice);
        }

        if (!participant.Transport.SetRemote(agreed.Ice, agreed.Fingerprint))
        {
            throw new UnreachableException("The transport knows another peer than the offers that were accepted.");
        }

        participant.LastOffer = agreed;
        participant.SettledOffer = settled;
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
        participant.IceGeneration++;
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
