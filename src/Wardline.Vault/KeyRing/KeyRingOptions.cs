namespace Wardline.Vault.KeyRing;

/// <summary>How old what may become.</summary>
public sealed record KeyRingOptions
{
    /// <summary>A tenant's data key is turned when the newest one is older than this.</summary>
    public TimeSpan TurnAfter { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long what was read from the store is believed: another server's erasure and turn are seen within it.</summary>
    public TimeSpan RefreshAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A new version seals only when it is this old, so that every server can read it by then.</summary>
    public TimeSpan SettleAfter { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How often keys are looked after: due ones turned, erasures that a crash stopped finished, sources asked.</summary>
    public TimeSpan CareEvery { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// How long keys in memory are used on while their source does not answer. A source that refuses (its administrator
    /// disabled the key) takes them at once, at the next care.
    /// </summary>
    public TimeSpan BridgeFor { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Patients whose keys are held in memory at most.</summary>
    public int PatientsInMemory { get; init; } = 10_000;

    /// <exception cref="VaultException"><c>vault.ring-settings</c>, with every rule that is broken.</exception>
    internal void Validate()
    {
        List<string> wrong = [];
        Require(TurnAfter >= TimeSpan.FromHours(1) && TurnAfter <= TimeSpan.FromDays(365), nameof(TurnAfter), "from one hour to 365 days");
        Require(RefreshAfter > TimeSpan.Zero && RefreshAfter <= TimeSpan.FromMinutes(10), nameof(RefreshAfter), "more than nothing, and at most 10 minutes");
        Require(SettleAfter >= RefreshAfter && SettleAfter <= TimeSpan.FromHours(1), nameof(SettleAfter), "at least RefreshAfter, and at most an hour");
        Require(CareEvery >= TimeSpan.FromSeconds(1) && CareEvery <= TimeSpan.FromDays(1), nameof(CareEvery), "from one second to a day");
        Require(BridgeFor >= TimeSpan.Zero && BridgeFor <= TimeSpan.FromDays(7), nameof(BridgeFor), "at most 7 days");
        Require(PatientsInMemory is >= 1 and <= 10_000_000, nameof(PatientsInMemory), "from 1 to 10,000,000");
        if (wrong.Count > 0)
        {
            throw new VaultException("vault.ring-settings", string.Join(' ', wrong));
        }

        void Require(bool right, string name, string rule)
        {
            if (!right)
            {
                wrong.Add($"{name} must be {rule}.");
            }
        }
    }
}
