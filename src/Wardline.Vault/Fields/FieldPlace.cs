using System.Text;
using Wardline.Vault.KeyRing;

namespace Wardline.Vault.Fields;

/// <summary>Where a sealed field stands. It opens there and nowhere else.</summary>
/// <param name="Table">as of <c>vault.name</c>: letters, digits, '-', '_', '.'.</param>
/// <param name="Column">likewise.</param>
/// <param name="Row">what identifies the row, 1 to 128 bytes in UTF-8.</param>
public readonly record struct FieldPlace(string Table, string Column, string Row)
{
    internal const int LongestRow = 128;

    /// <summary>More than the longest associated data: five names with their lengths, the label, and the head of the box.</summary>
    internal const int LongestBinding = 512;

    /// <summary>The associated data: label, tenant, patient (empty: none), table, column and row, each behind its length, then the head of the box.</summary>
    internal int Bind(Span<byte> destination, string tenant, string? patient, ReadOnlySpan<byte> head)
    {
        VaultNames.Check("table", Table);
        VaultNames.Check("column", Column);
        if (Row is null || Encoding.UTF8.GetByteCount(Row) is 0 or > LongestRow)
        {
            throw new VaultException("vault.name", $"What identifies a row has 1 to {LongestRow} bytes.");
        }

        int length = KeyDerivation.WriteContext(destination, KeyDerivation.Field, tenant, patient ?? "", Table, Column, Row);
        head.CopyTo(destination[length..]);
        return length + head.Length;
    }
}
