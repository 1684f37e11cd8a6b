using System.Text;

namespace Wardline.Ledger.Witnesses;

/// <summary>A witness elsewhere: <c>POST {prefix}/add-checkpoint</c> (C2SP tlog-witness).</summary>
/// <param name="http">Trusts the witness's certificate as its owner wants; times out by itself.</param>
/// <param name="prefix">An <c>https</c> address.</param>
public sealed class HttpWitness(WitnessKey key, HttpClient http, Uri prefix) : IWitness
{
    private const int MaxAnswerBytes = 16 * 1024;
    private readonly Uri _address = prefix.Scheme == Uri.UriSchemeHttps
        ? new Uri(prefix.AbsoluteUri.TrimEnd('/') + "/add-checkpoint")
        : throw new LedgerException("ledger.bad-witness", $"{prefix} is no https address: what a witness says is believed.");

    public WitnessKey Key => key;

    public async Task<WitnessAnswer> AddCheckpointAsync(AddCheckpoint request, CancellationToken cancel)
    {
        using HttpRequestMessage message = new(HttpMethod.Post, _address) { Content = new StringContent(request.ToString(), Encoding.UTF8, "text/plain") };
        using HttpResponseMessage answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel);
        await using Stream body = await answer.Content.ReadAsStreamAsync(cancel);
        byte[] bytes = new byte[MaxAnswerBytes];
        int read = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel);
        return new((int)answer.StatusCode, Encoding.UTF8.GetString(bytes, 0, read));
    }
}
