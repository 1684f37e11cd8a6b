using System.Buffers.Binary;

namespace Wardline.Vault.Fields;

/// <summary>The sealed form of a field, version 1.</summary>
/// <remarks>
/// <code>
///  0        1                3                    27                27 + n           43 + n
/// ┌────────┬────────────────┬────────────────────┬─────────────────┬────────────────┐
/// │ format │ key version    │ nonce              │ ciphertext      │ tag            │
/// │ 1 or 2 │ big endian     │ 24 bytes           │ n bytes         │ 16 bytes       │
/// └────────┴────────────────┴────────────────────┴─────────────────┴────────────────┘
/// </code>
/// Format 1 is sealed under the tenant's key, 2 under the tenant's and the patient's. README.md of the project has the whole
/// format: another program opens a field from that page alone.
/// </remarks>
internal static class FieldBox
{
    public const int HeadBytes = 3;
    public const int OverheadBytes = HeadBytes + Xaes256Gcm.OverheadBytes;

    private const byte OfTenant = 1;
    private const byte OfPatient = 2;

    public static void WriteHead(Span<byte> box, bool ofPatient, int keyVersion)
    {
        box[0] = ofPatient ? OfPatient : OfTenant;
        BinaryPrimitives.WriteUInt16BigEndian(box[1..], (ushort)keyVersion);
    }

    /// <summary>False when these bytes are no sealed field.</summary>
    public static bool TryReadHead(ReadOnlySpan<byte> box, out bool ofPatient, out int keyVersion)
    {
        ofPatient = false;
        keyVersion = 0;
        if (box.Length < OverheadBytes || box[0] is not (OfTenant or OfPatient))
        {
            return false;
        }

        ofPatient = box[0] == OfPatient;
        keyVersion = BinaryPrimitives.ReadUInt16BigEndian(box[1..]);
        return keyVersion > 0;
    }
}
