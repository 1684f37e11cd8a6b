using Wardline.Rtc;
using Wardline.Rtc.Ice;

namespace Wardline.Media.Loops;

/// <summary>
/// Whose datagram is it? A proven address names its participant; a STUN check from anywhere names it by the local
/// ufrag; nothing else from a stranger is looked at.
/// </summary>
/// <remarks>
/// Both tables grow only by what authenticated participants do, and by a bounded number for each of them: a flood of
/// strangers costs a look-up a packet and no memory. Checks cost an HMAC further on, so those from unproven addresses
/// are rationed, for the worker as a whole and for each participant.
/// </remarks>
internal sealed class Demultiplexer(MediaOptions options, WorkerCounters counters)
{
    private const int BurstMilliseconds = 20;

    private readonly Dictionary<TransportAddress, ParticipantRoute> _byAddress = [];
    private readonly Dictionary<ulong, ParticipantRoute> _byUfrag = [];
    private TokenBucket _unprovenChecks = new(options.UnprovenChecksPerMillisecond * 1000L, options.UnprovenChecksPerMillisecond * (long)BurstMilliseconds);

    public int AddressCount => _byAddress.Count;

    public int UfragCount => _byUfrag.Count;

    /// <returns>Null: drop it (and it is counted why).</returns>
    public ParticipantRoute? Find(ReadOnlySpan<byte> datagram, in TransportAddress from, Instant now)
    {
        _byAddress.TryGetValue(from, out ParticipantRoute? known);

        // 1. RFC 7983 §7: 0 … 3 is STUN, which may move an address to another participant, so its ufrag decides.
        if (datagram.Length > 0 && datagram[0] < 4)
        {
            return FindByUfrag(datagram, known, now);
        }

        // 2. DTLS, RTP and RTCP only from where a participant has proven to be.
        if (known is null)
        {
            counters.UnknownAddress++;
        }

        return known;
    }

    /// <summary>Looks only, for a connection's first frame.</summary>
    public bool Expects(ReadOnlySpan<byte> datagram) =>
        IceUfrag.TryReadLocal(datagram, out ulong ufrag) && _byUfrag.ContainsKey(ufrag);

    public bool Knows(in TransportAddress address) => _byAddress.ContainsKey(address);

    public void AddUfrag(ulong ufrag, ParticipantRoute route)
    {
        if (_byUfrag.TryAdd(ufrag, route))
        {
            route.Ufrags.Add(ufrag);
        }
    }

    public void RemoveUfrag(ulong ufrag, ParticipantRoute route)
    {
        if (route.Ufrags.Remove(ufrag))
        {
            _byUfrag.Remove(ufrag);
        }
    }

    /// <summary>
    /// The participant has proven to be at this address: an authenticated check came from there. At the bound the
    /// longest silent one gives way, but never the one that media goes to.
    /// </summary>
    public void AddAddress(in TransportAddress address, ParticipantRoute route)
    {
        if (_byAddress.TryGetValue(address, out ParticipantRoute? holder))
        {
            if (ReferenceEquals(holder, route))
            {
                route.Addresses.Remove(address);
                route.Addresses.Add(address);
                return;
            }

            // An address translator has given a former participant's port to this one.
            holder.Addresses.Remove(address);
        }

        if (route.Addresses.Count == options.MaxAddressesPerParticipant)
        {
            int silent = route.Addresses[0] == route.Selected ? 1 : 0;
            _byAddress.Remove(route.Addresses[silent]);
            route.Addresses.RemoveAt(silent);
            counters.AddressesForgotten++;
        }

        route.Addresses.Add(address);
        _byAddress[address] = route;
    }

    public void RemoveAddress(in TransportAddress address)
    {
        if (_byAddress.Remove(address, out ParticipantRoute? route))
        {
            route.Addresses.Remove(address);
        }
    }

    /// <summary>From now on the participant is a stranger.</summary>
    public void Remove(ParticipantRoute route)
    {
        foreach (TransportAddress address in route.Addresses)
        {
            _byAddress.Remove(address);
        }

        foreach (ulong ufrag in route.Ufrags)
        {
            _byUfrag.Remove(ufrag);
        }

        route.Addresses.Clear();
        route.Ufrags.Clear();
        route.Selected = null;
    }

    private ParticipantRoute? FindByUfrag(ReadOnlySpan<byte> datagram, ParticipantRoute? known, Instant now)
    {
        if (!IceUfrag.TryReadLocal(datagram, out ulong ufrag) || !_byUfrag.TryGetValue(ufrag, out ParticipantRoute? named))
        {
            counters.UnknownUfrag++;
            return null;
        }

        if (!ReferenceEquals(named, known) && (!named.UnprovenChecks.TryTake(now) || !_unprovenChecks.TryTake(now)))
        {
            counters.ChecksOverBudget++;
            return null;
        }

        return named;
    }
}
