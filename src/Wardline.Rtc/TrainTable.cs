using System.Numerics;

namespace Wardline.Rtc;

/// <summary>
/// Which train goes to which address, for the length of one batch: open addressing over numbers, twice as many places
/// as trains can be. Emptied by a new round number instead of by writing.
/// </summary>
/// <remarks>
/// Addresses in here have proven themselves or are being answered, and both are rationed: nobody can fill it with keys
/// of his choice.
/// </remarks>
internal sealed class TrainTable
{
    private readonly Place[] _places;
    private readonly int _mask;
    private uint _round = 1;

    public TrainTable(int trains)
    {
        _places = new Place[BitOperations.RoundUpToPowerOf2((uint)trains * 2)];
        _mask = _places.Length - 1;
    }

    private record struct Place(uint Round, int Train);

    /// <returns>The train's number; <paramref name="count"/>, which is now noted as its number, when there is none yet.</returns>
    public int FindOrAdd(ReadOnlySpan<PacketTrains.Train> trains, int count, in TransportAddress to)
    {
        for (int at = (int)to.Spread & _mask; ; at = (at + 1) & _mask)
        {
            ref Place place = ref _places[at];
            if (place.Round != _round)
            {
                place = new Place(_round, count);
                return count;
            }

            if (trains[place.Train].To == to)
            {
                return place.Train;
            }
        }
    }

    public void Clear()
    {
        if (++_round == 0)
        {
            Array.Clear(_places);
            _round = 1;
        }
    }
}
