using Wardline.Vault.BlobStores;

namespace Wardline.Vault.SignedUrls;

/// <summary>What an object is wanted for. A URL is good for one of them; the endpoint that serves it says which.</summary>
public enum UrlPurpose
{
    /// <summary>To be seen in the page, with seeking.</summary>
    Playback,

    /// <summary>To be saved as a file by the person.</summary>
    Download,

    /// <summary>To be carried to another system, such as the hospital's record.</summary>
    Export,
}

/// <summary>Who stands there: a person who is signed in, in one browser.</summary>
/// <param name="Tenant">letters, digits, '-' and '_', at most 64.</param>
/// <param name="Person">an identifier within the tenant, never a name.</param>
/// <param name="Session">an identifier of the browser session, which ends with it; not the cookie itself.</param>
public sealed record UrlHolder(string Tenant, string Person, string Session);

/// <summary>
/// That somebody decided whether a person may have an object for a purpose, and entered it in the audit trail. A signed URL is
/// made of this and of nothing else, so whoever wants one asks the policy first. Only the policy makes decisions.
/// </summary>
public sealed class AccessDecision
{
    private AccessDecision(bool isPermitted, UrlHolder holder, BlobName blob, UrlPurpose purpose, string rule, string policyVersion, long ledgerIndex, DateTimeOffset decidedAt)
    {
        ArgumentException.ThrowIfNullOrEmpty(rule);
        ArgumentException.ThrowIfNullOrEmpty(policyVersion);
        ArgumentOutOfRangeException.ThrowIfNegative(ledgerIndex);
        IsPermitted = isPermitted;
        Holder = holder;
        Blob = blob;
        Purpose = purpose;
        Rule = rule;
        PolicyVersion = policyVersion;
        LedgerIndex = ledgerIndex;
        DecidedAt = decidedAt;
    }

    public bool IsPermitted { get; }

    public UrlHolder Holder { get; }

    public BlobName Blob { get; }

    public UrlPurpose Purpose { get; }

    /// <summary>The rule that decided.</summary>
    public string Rule { get; }

    public string PolicyVersion { get; }

    /// <summary>The entry of the ledger that says so, which is durable: what cannot be entered does not happen.</summary>
    public long LedgerIndex { get; }

    /// <summary>A decision is used at once: what was true then may not be true later.</summary>
    public DateTimeOffset DecidedAt { get; }

    public static AccessDecision Permit(UrlHolder holder, BlobName blob, UrlPurpose purpose, string rule, string policyVersion, long ledgerIndex, DateTimeOffset decidedAt) =>
        new(isPermitted: true, holder, blob, purpose, rule, policyVersion, ledgerIndex, decidedAt);

    public static AccessDecision Deny(UrlHolder holder, BlobName blob, UrlPurpose purpose, string rule, string policyVersion, long ledgerIndex, DateTimeOffset decidedAt) =>
        new(isPermitted: false, holder, blob, purpose, rule, policyVersion, ledgerIndex, decidedAt);
}
