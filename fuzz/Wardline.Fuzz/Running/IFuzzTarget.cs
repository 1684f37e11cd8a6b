namespace Wardline.Fuzz.Running;

/// <summary>Something that reads bytes of a peer, with what must hold whatever they are.</summary>
public interface IFuzzTarget
{
    string Name { get; }

    /// <summary>Valid inputs to start from.</summary>
    IEnumerable<byte[]> Seeds { get; }

    /// <summary>Words that mean something to this parser, to be put anywhere.</summary>
    IEnumerable<byte[]> Dictionary => [];

    /// <summary>Longest input that makes sense.</summary>
    int MaxBytes => 1500;

    /// <summary>Bytes that one run may allocate on the managed heap; the packet path has 0.</summary>
    long AllocationBudget => 0;

    /// <summary>Must return; any exception is a finding.</summary>
    void Run(ReadOnlySpan<byte> input);
}

/// <summary>A promise that did not hold; the parser itself need not have thrown.</summary>
public sealed class BrokenPromiseException(string promise) : Exception(promise);

internal static class Promise
{
    public static void Hold(bool held, string promise)
    {
        if (!held)
        {
            throw new BrokenPromiseException(promise);
        }
    }
}
