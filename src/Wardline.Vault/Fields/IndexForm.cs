using System.Text;

namespace Wardline.Vault.Fields;

/// <summary>
/// What of a value counts when it is looked up. Part of a column's definition, and of its key. All but <see cref="Exact"/> are
/// of the value in Unicode Normalization Form C.
/// </summary>
public enum IndexForm
{
    /// <summary>Every character, as it is.</summary>
    Exact,

    /// <summary>Names: without white space around, runs of it as one blank, in lower case.</summary>
    Text,

    /// <summary>Record and telephone numbers: digits and letters only, in lower case, a leading plus kept.</summary>
    Number,

    /// <summary>Mail addresses: without white space around, in lower case.</summary>
    Mail,
}

internal static class IndexForms
{
    public static string Name(this IndexForm form) => form switch
    {
        IndexForm.Exact => "exact",
        IndexForm.Text => "text",
        IndexForm.Number => "number",
        IndexForm.Mail => "mail",
        _ => throw new ArgumentOutOfRangeException(nameof(form)),
    };

    /// <summary>The value whose characters are looked at, one by one, by <see cref="Write"/>.</summary>
    public static string Canonical(this IndexForm form, ReadOnlySpan<char> value) => form is IndexForm.Exact ? value.ToString() : CanonicalForm.Of(value);

    /// <summary>Writes what counts in UTF-8. <paramref name="destination"/> has room for the longest UTF-8 of the value.</summary>
    public static int Write(this IndexForm form, ReadOnlySpan<char> value, Span<byte> destination)
    {
        int written = 0;
        bool blank = false;
        if (form is not IndexForm.Exact)
        {
            value = value.Trim();
        }

        foreach (Rune each in value.EnumerateRunes())
        {
            Rune rune = each;
            switch (form)
            {
                case IndexForm.Text when Rune.IsWhiteSpace(rune):
                    blank = true;
                    continue;
                case IndexForm.Number when !Rune.IsLetterOrDigit(rune) && !(rune.Value == '+' && written == 0):
                    continue;
                case IndexForm.Exact:
                    break;
                default:
                    rune = Rune.ToLowerInvariant(rune);
                    break;
            }

            if (blank)
            {
                destination[written++] = (byte)' ';
                blank = false;
            }

            written += rune.EncodeToUtf8(destination[written..]);
        }

        return written;
    }
}
