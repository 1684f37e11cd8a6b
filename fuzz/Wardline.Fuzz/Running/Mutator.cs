using System.Buffers.Binary;

namespace Wardline.Fuzz.Running;

/// <summary>Makes one input from the seeds; the same random numbers make the same input.</summary>
internal sealed class Mutator
{
    // The edges of signed and unsigned widths, and lengths that protocols of ours use.
    private static readonly uint[] Interesting =
        [0, 1, 2, 3, 4, 7, 8, 12, 16, 20, 31, 32, 64, 127, 128, 255, 256, 1200, 1500, 32767, 32768, 65535, 65536, int.MaxValue, 0x8000_0000, uint.MaxValue];

    private readonly Random _random;
    private readonly byte[][] _seeds;
    private readonly byte[][] _dictionary;
    private readonly byte[] _buffer;
    private int _length;

    public Mutator(IFuzzTarget target, Random random)
    {
        _random = random;
        _seeds = [.. target.Seeds];
        _dictionary = [.. target.Dictionary];
        _buffer = new byte[target.MaxBytes];
    }

    /// <summary>Valid until the next call.</summary>
    public ReadOnlySpan<byte> Next()
    {
        Start(Pick(_seeds));
        if (_random.Next(8) == 0)
        {
            Splice(Pick(_seeds));
        }

        // Mostly a few changes, so that the rest stays valid and the parser gets far; sometimes many.
        int changes = _random.Next(16) == 0 ? _random.Next(1, 64) : _random.Next(1, 6);
        for (int i = 0; i < changes; i++)
        {
            Mutate();
        }

        return _buffer.AsSpan(0, _length);
    }

    private void Start(byte[] seed)
    {
        _length = Math.Min(seed.Length, _buffer.Length);
        seed.AsSpan(0, _length).CopyTo(_buffer);
    }

    private void Mutate()
    {
        switch (_random.Next(_dictionary.Length > 0 ? 11 : 9))
        {
            case 0:
                if (_length > 0)
                {
                    _buffer[_random.Next(_length)] ^= (byte)(1 << _random.Next(8));
                }

                break;
            case 1:
                if (_length > 0)
                {
                    _buffer[_random.Next(_length)] = (byte)_random.Next(256);
                }

                break;
            case 2:
                _length = _random.Next(_length + 1);
                break;
            case 3:
                Delete();
                break;
            case 4:
                Repeat();
                break;
            case 5:
                PutInteger();
                break;
            case 6:
                Swap();
                break;
            case 7:
                Splice(Pick(_seeds));
                break;
            case 8:
                Extend();
                break;
            default:
                Insert(_random.Next(_length + 1), Pick(_dictionary));
                break;
        }
    }

    private byte[] Pick(byte[][] from) => from[_random.Next(from.Length)];

    private (int At, int Count) Range()
    {
        int at = _random.Next(_length + 1);
        return (at, _random.Next(Math.Min(_length - at, _random.Next(4) == 0 ? int.MaxValue : 32) + 1));
    }

    private void Delete()
    {
        (int at, int count) = Range();
        _buffer.AsSpan(at + count, _length - at - count).CopyTo(_buffer.AsSpan(at));
        _length -= count;
    }

    private void Repeat()
    {
        (int at, int count) = Range();
        Insert(_random.Next(_length + 1), _buffer.AsSpan(at, count).ToArray());
    }

    private void Swap()
    {
        (int a, int count) = Range();
        int b = _random.Next(_length - count + 1);
        for (int i = 0; i < count; i++)
        {
            (_buffer[a + i], _buffer[b + i]) = (_buffer[b + i], _buffer[a + i]);
        }
    }

    private void Extend()
    {
        byte[] tail = new byte[_random.Next(1, 64)];
        _random.NextBytes(tail);
        Insert(_length, tail);
    }

    private void PutInteger()
    {
        uint value = Interesting[_random.Next(Interesting.Length)];
        int width = 1 << _random.Next(3);
        if (_length < width)
        {
            return;
        }

        Span<byte> at = _buffer.AsSpan(_random.Next(_length - width + 1), width);
        switch (width)
        {
            case 1: at[0] = (byte)value; break;
            case 2: BinaryPrimitives.WriteUInt16BigEndian(at, (ushort)value); break;
            default: BinaryPrimitives.WriteUInt32BigEndian(at, value); break;
        }
    }

    private void Splice(byte[] other)
    {
        int keep = _random.Next(_length + 1);
        ReadOnlySpan<byte> tail = other.AsSpan(_random.Next(other.Length + 1));
        _length = keep;
        Insert(keep, tail);
    }

    private void Insert(int at, ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(bytes.Length, _buffer.Length - _length);
        _buffer.AsSpan(at, _length - at).CopyTo(_buffer.AsSpan(at + count));
        bytes[..count].CopyTo(_buffer.AsSpan(at));
        _length += count;
    }
}
