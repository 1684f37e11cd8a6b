using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Wardline.Vault.Tests.KeySources.Kms;

/// <summary>
/// AWS KMS as far as a key source sees it: the JSON 1.1 protocol (X-Amz-Target: TrentService.…), requests signed with
/// Signature Version 4, encryption contexts, key policies by role, CloudTrail. It can also be slow, down, throttling or lying.
/// </summary>
internal sealed class KmsStandIn : IAsyncDisposable
{
    public const string Arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    public const string OtherArn = "arn:aws:kms:eu-central-1:111122223333:key/ffffffff-12ab-34cd-56ef-1234567890ab";

    private readonly ConcurrentDictionary<string, (byte[] Key, bool Enabled)> _keys = new();
    private readonly Dictionary<string, (string Secret, string[] Actions)> _roles = new()
    {
        ["SERVICE"] = (RandomText(), ["Encrypt", "Decrypt"]),
        ["ADMINISTRATOR"] = (RandomText(), ["DisableKey", "EnableKey"]),
    };

    private HttpListener _listener = new();
    private Task _serving = Task.CompletedTask;

    public KmsStandIn()
    {
        _keys[Arn] = (RandomNumberGenerator.GetBytes(32), true);
        _keys[OtherArn] = (RandomNumberGenerator.GetBytes(32), true);
        Start();
    }

    public Uri Address { get; } = new($"http://127.0.0.1:{Ports.Free()}/");

    /// <summary>What CloudTrail would show: the action, the role and the encryption context of each request.</summary>
    public ConcurrentQueue<(string Action, string Role, string Context)> Trail { get; } = new();

    /// <summary>Before anything else: an answer instead of the real one, or null.</summary>
    public Func<string, Task<(int Status, string Body)?>>? Instead { get; set; }

    /// <summary>Changes a true answer.</summary>
    public Func<string, JsonObject, JsonObject>? Changed { get; set; }

    public int Requests { get; private set; }

    public string SecretOf(string role) => _roles[role].Secret;

    public void Stop() => _listener.Close();

    public void Start()
    {
        _listener = new HttpListener();
        _listener.Prefixes.Add(Address.ToString());
        _listener.Start();
        _serving = ServeAsync(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private static string RandomText() => Convert.ToHexString(RandomNumberGenerator.GetBytes(20));

    private static (int Status, string Body) Error(int status, string type) => (status, new JsonObject { ["__type"] = type, ["message"] = $"{type} says the stand-in" }.ToJsonString());

    // What a ciphertext is bound to: the key, and the context in the order of its names.
    private static byte[] Bound(string arn, JsonNode? context) =>
        Encoding.UTF8.GetBytes(arn + "\n" + string.Concat((context as JsonObject ?? []).OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}\n")));

    private async Task ServeAsync(HttpListener listener)
    {
        while (true)
        {
            HttpListenerContext request;
            try
            {
                request = await listener.GetContextAsync();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = AnswerAsync(request);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            Requests++;
            using MemoryStream body = new();
            await context.Request.InputStream.CopyToAsync(body);
            string action = context.Request.Headers["X-Amz-Target"]?.Split('.')[^1] ?? "";
            (int status, string answer) = (Instead is { } instead ? await instead(action) : null) ?? Perform(action, context.Request, body.ToArray());
            byte[] bytes = Encoding.UTF8.GetBytes(answer);
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/x-amz-json-1.1";
            context.Response.Headers["x-amzn-RequestId"] = Guid.NewGuid().ToString();
            await context.Response.OutputStream.WriteAsync(bytes);
            context.Response.Close();
        }
        catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException or IOException)
        {
            // the client, or this server
        }
    }

    private (int Status, string Body) Perform(string action, HttpListenerRequest request, byte[] body)
    {
        if (!TrySignature(request, body, out string role, out string refusal))
        {
            return Error(400, refusal);
        }

        JsonObject asked = (JsonObject)JsonNode.Parse(body)!;
        string arn = (string?)asked["KeyId"] ?? "";
        Trail.Enqueue((action, role, asked["EncryptionContext"]?.ToJsonString() ?? ""));
        if (!_roles[role].Actions.Contains(action))
        {
            return Error(400, "AccessDeniedException");
        }

        if (!_keys.TryGetValue(arn, out (byte[] Key, bool Enabled) key))
        {
            return Error(400, "NotFoundException");
        }

        if (action is "DisableKey" or "EnableKey")
        {
            _keys[arn] = key with { Enabled = action == "EnableKey" };
            return (200, "{}");
        }

        if (!key.Enabled)
        {
            return Error(400, "DisabledException");
        }

        using AesGcm aes = new(key.Key, 16);
        byte[] bound = Bound(arn, asked["EncryptionContext"]);
        JsonObject answer;
        if (action == "Encrypt")
        {
            byte[] plain = Convert.FromBase64String((string)asked["Plaintext"]!);
            byte[] nonce = RandomNumberGenerator.GetBytes(12), sealedBytes = new byte[plain.Length], tag = new byte[16];
            aes.Encrypt(nonce, plain, sealedBytes, tag, bound);
            answer = new() { ["KeyId"] = arn, ["CiphertextBlob"] = Convert.ToBase64String([.. nonce, .. sealedBytes, .. tag]), ["EncryptionAlgorithm"] = "SYMMETRIC_DEFAULT" };
        }
        else
        {
            byte[] blob = Convert.FromBase64String((string)asked["CiphertextBlob"]!);
            byte[] plain = new byte[Math.Max(0, blob.Length - 28)];
            try
            {
                aes.Decrypt(blob.AsSpan(0, 12), blob.AsSpan(12, plain.Length), blob.AsSpan(blob.Length - 16), plain, bound);
            }
            catch (Exception bad) when (bad is AuthenticationTagMismatchException or ArgumentException)
            {
                return Error(400, "InvalidCiphertextException");
            }

            answer = new() { ["KeyId"] = arn, ["Plaintext"] = Convert.ToBase64String(plain), ["EncryptionAlgorithm"] = "SYMMETRIC_DEFAULT" };
        }

        return (200, (Changed?.Invoke(action, answer) ?? answer).ToJsonString());
    }

    // AWS Signature Version 4: what came is signed anew with the role's secret, and must give the same.
    private bool TrySignature(HttpListenerRequest request, byte[] body, out string role, out string refusal)
    {
        (role, refusal) = ("", "MissingAuthenticationTokenException");
        Dictionary<string, string> parts = (request.Headers["Authorization"] ?? "").Replace("AWS4-HMAC-SHA256 ", "", StringComparison.Ordinal)
            .Split(", ").Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1]);
        if (!parts.TryGetValue("Credential", out string? credential))
        {
            return false;
        }

        string[] scope = credential.Split('/');
        role = scope[0];
        refusal = "UnrecognizedClientException";
        if (!_roles.TryGetValue(role, out (string Secret, string[] Actions) known))
        {
            return false;
        }

        string[] names = parts["SignedHeaders"].Split(';');
        string canonical = $"{request.HttpMethod}\n{request.Url!.AbsolutePath}\n\n{string.Concat(names.Select(n => $"{n}:{Header(n).Trim()}\n"))}\n{parts["SignedHeaders"]}\n{Convert.ToHexStringLower(SHA256.HashData(body))}";
        string text = $"AWS4-HMAC-SHA256\n{request.Headers["X-Amz-Date"]}\n{string.Join('/', scope[1..])}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        byte[] key = Encoding.UTF8.GetBytes("AWS4" + known.Secret);
        foreach (string part in scope[1..])
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        refusal = "InvalidSignatureException";
        return parts["Signature"] == Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));

        string Header(string name) => name == "host" ? request.UserHostName! : request.Headers[name] ?? "";
    }
}
