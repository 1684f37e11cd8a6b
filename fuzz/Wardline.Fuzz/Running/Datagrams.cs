using System.Buffers.Binary;

namespace Wardline.Fuzz.Running;

/// <summary>
/// Several datagrams in one input, each behind its length in two bytes, for targets with a memory. A length that runs
/// over the end takes what is there, so that every input means something.
/// </summary>
internal ref struct Datagrams(ReadOnlySpan<byte> input)
{
    private ReadOnlySpan<byte> _rest = input;

    public ReadOnlySpan<byte> Current { get; private set; }

    public bool MoveNext()
    {
        if (_rest.Length < 2)
        {
            return false;
        }

        int length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(_rest), _rest.Length - 2);
        Current = _rest.Slice(2, length);
        _rest = _rest[(2 + length)..];
        return true;
    }

    public static byte[] Join(IEnumerable<byte[]> datagrams)
    {
        List<byte> joined = [];
        foreach (byte[] datagram in datagrams)
        {
            joined.Add((byte)(datagram.Length >> 8));
            joined.Add((byte)datagram.Length);
            joined.AddRange(datagram);
        }

        return [.. joined];
    }
}

/// <summary>The core's source of randomness, from a seed.</summary>
internal sealed class SeededSource(int seed) : Rtc.IRandomSource
{
    private readonly Random _random = new(seed);

    public void Fill(Span<byte> destination) => _random.NextBytes(destination);
}
