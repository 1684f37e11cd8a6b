namespace Wardline.Ledger;

/// <summary>Something that the log could not do.</summary>
/// <param name="code">Permanent: <c>ledger.bad-entry</c>, <c>ledger.locked</c>, <c>ledger.unwritable</c>, <c>ledger.damaged</c>, <c>ledger.closed</c>, <c>ledger.no-such-size</c>, <c>ledger.bad-checkpoint</c>.</param>
public sealed class LedgerException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Code { get; } = code;
}
