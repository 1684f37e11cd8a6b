namespace Wardline.Sfu.Sessions;

/// <summary>Whether RED (RFC 2198) may be used: it is sealed, so it can be neither made nor taken apart here.</summary>
internal static class Red
{
    /// <summary>
    /// Everybody who offered audio offered RED, of Opus with one and the same payload type: the block headers inside
    /// are sealed and keep the publisher's number.
    /// </summary>
    public static bool IsForAll(ReadOnlySpan<Participant> participants)
    {
        byte? opus = null;
        foreach (Participant participant in participants)
        {
            if (participant.Audio is not { } audio)
            {
                continue;
            }

            if (!audio.Red || (opus is not null && audio.Opus != opus))
            {
                return false;
            }

            opus = audio.Opus;
        }

        return opus is not null;
    }
}
