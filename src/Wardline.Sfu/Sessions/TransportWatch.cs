using Wardline.Rtc;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Sdp;

namespace Wardline.Sfu.Sessions;

/// <summary>What offers change about a participant's transport, and what the shell has to know of it.</summary>
internal sealed class TransportWatch(SfuEvents events, IRandomSource random)
{
    /// <summary>Credentials and certificate of an offer; other credentials in a later offer are an ICE restart.</summary>
    public bool TrySetRemote(Participant participant, SdpOffer offer, out SdpError error)
    {
        RtcTransport transport = participant.Transport;
        bool otherCertificate = participant.Fingerprint is { } known && known != offer.Fingerprint;
        if (otherCertificate && transport.State is not (TransportState.New or TransportState.Checking))
        {
            error = new SdpError(SdpCodes.IceMismatch, "Another certificate needs another transport: join again.", 0);
            return false;
        }

        // RFC 8839 §4.4.1.1.1
        if (transport.Ice.Remote is { } before && before != offer.Ice)
        {
            Restart(participant, offer.Ice);
        }

        if (!transport.SetRemote(offer.Ice, offer.Fingerprint))
        {
            error = new SdpError(SdpCodes.IceMismatch, "The offer does not fit the transport that it would change.", 0);
            return false;
        }

        participant.Fingerprint = offer.Fingerprint;
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

    private void Restart(Participant participant, in IceCredentials remote)
    {
        Retire(participant);
        participant.RetiringUfrag = IceUfrag.Pack(participant.Transport.Ice.Local.Ufrag);
        IceCredentials local = IceCredentials.Create(random);
        participant.Transport.RestartIce(local, remote);
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
