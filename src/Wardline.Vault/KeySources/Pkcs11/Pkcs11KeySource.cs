using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static Wardline.Vault.KeySources.Pkcs11.Cryptoki;

namespace Wardline.Vault.KeySources.Pkcs11;

/// <summary>
/// A key-encryption key in a hardware security module: AES-256, sensitive and not extractable, used through PKCS #11 with
/// CKM_AES_GCM and never seen by this process.
/// </summary>
/// <remarks>
/// A wrapped key is nonce (12 bytes), ciphertext, tag (16 bytes); the associated data is <see cref="KeyContext.ToBytes"/>. Nonces
/// are drawn here (a token that insists on its own puts it in their place): a source wraps one key a tenant every 90 days, and
/// 2³² wrappings under one key are allowed (NIST SP 800-38D §8.3).
/// </remarks>
public sealed class Pkcs11KeySource : IKeySource
{
    /// <summary>Sessions at most, and calls at once: one that hangs does not take more threads than these.</summary>
    public const int Sessions = 4;

    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _sessions = new(Sessions, Sessions);
    private readonly Pkcs11Module _module;
    private readonly Pkcs11Token _token;
    private readonly TimeProvider _time;
    private volatile bool _examined;

    private Pkcs11KeySource(Pkcs11Uri uri, Pkcs11Module module, TimeProvider time)
    {
        (Id, _module, _time) = (uri.Identity, module, time);
        _token = new(uri, module, SecretKeyObject, time);
    }

    /// <summary>The URI of the key without where library and PIN are.</summary>
    public string Id { get; }

    /// <summary>Loads the library. The token may be away; whether it has the right key is seen at the first use.</summary>
    /// <exception cref="VaultException"><c>vault.key-source-settings</c>, <c>vault.literal-secret</c>.</exception>
    public static Pkcs11KeySource Open(Pkcs11Uri uri, TimeProvider time) => Open(uri, Pkcs11Module.Load(uri.ModulePath), time);

    /// <inheritdoc/>
    public ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> key, KeyContext context, CancellationToken cancel) =>
        RunAsync(() => Wrap(key.Span, context.ToBytes()), cancel);

    /// <inheritdoc/>
    public ValueTask<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, KeyContext context, CancellationToken cancel) =>
        RunAsync(() => Unwrap(wrapped.Span, context.ToBytes()), cancel);

    /// <inheritdoc/>
    public ValueTask<KeySourceHealth> CheckAsync(CancellationToken cancel) => KeySourceHealth.TryAsync(this, cancel);

    public ValueTask DisposeAsync()
    {
        _token.Close();
        return ValueTask.CompletedTask;
    }

    internal static Pkcs11KeySource Open(Pkcs11Uri uri, Pkcs11Module module, TimeProvider time) => new(uri, module, time);

    // A call into the library cannot be broken off. Whoever waits for it is told in time; its session and thread come back when it does.
    private async ValueTask<byte[]> RunAsync(Func<byte[]> work, CancellationToken cancel)
    {
        using CancellationTokenSource patience = new(Patience, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            await _sessions.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw SourceErrors.Away(Id, "all its sessions are busy or hang.");
        }

        Task<byte[]> running = Task.Run(work, CancellationToken.None);
        _ = running.ContinueWith(_ => _sessions.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await running.WaitAsync(Patience, _time, cancel);
        }
        catch (TimeoutException)
        {
            throw SourceErrors.Away(Id, $"no answer in {Patience.TotalSeconds:0} seconds.");
        }
    }

    private byte[] Wrap(ReadOnlySpan<byte> key, byte[] associatedData)
    {
        byte[] box = new byte[NonceBytes + key.Length + TagBytes];
        byte[] plain = key.ToArray();
        try
        {
            int written = 0;
            Answer answer = _token.Perform("wrapping", session =>
            {
                Answer examined = Examine(session);
                RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
                return examined == Answer.Ok
                    ? _module.Encrypt(session.Handle, session.Object, box.AsSpan(0, NonceBytes), associatedData, plain, box.AsSpan(NonceBytes), out written)
                    : examined;
            });
            return answer != Answer.Ok ? throw Pkcs11Errors.Of(Id, "wrapping", answer)
                : written == box.Length - NonceBytes ? box
                : throw SourceErrors.Lied(Id, $"a wrapped key of {written} bytes.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private byte[] Unwrap(ReadOnlySpan<byte> wrapped, byte[] associatedData)
    {
        byte[] box = wrapped.ToArray();
        if (box.Length <= NonceBytes + TagBytes)
        {
            throw SourceErrors.Wrapped(Id);
        }

        byte[] key = new byte[box.Length - NonceBytes - TagBytes];

        // Some libraries want room for the tag as well.
        byte[] output = GC.AllocateArray<byte>(box.Length - NonceBytes, pinned: true);
        try
        {
            int written = 0;
            bool damaged = false;
            Answer answer = _token.Perform("unwrapping", session =>
            {
                Answer said = Examine(session);
                if (said != Answer.Ok)
                {
                    return said;
                }

                said = Decrypt(session);
                if (said is Answer.GeneralError or Answer.FunctionFailed && DoesItsWork(session))
                {
                    said = Decrypt(session);
                    damaged = said is Answer.GeneralError or Answer.FunctionFailed;
                }

                damaged |= Pkcs11Errors.SaysDamaged(said);
                return damaged ? Answer.Ok : said;
            });
            if (answer != Answer.Ok)
            {
                throw Pkcs11Errors.Of(Id, "unwrapping", answer);
            }

            if (damaged)
            {
                throw SourceErrors.Wrapped(Id);
            }

            if (written != key.Length)
            {
                throw SourceErrors.Lied(Id, $"an unwrapped key of {written} bytes.");
            }

            output.AsSpan(0, written).CopyTo(key);
            return key;

            Answer Decrypt(Pkcs11Session session) =>
                _module.Decrypt(session.Handle, session.Object, box.AsSpan(0, NonceBytes), associatedData, box.AsSpan(NonceBytes), output, out written);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(output);
        }
    }

    // SoftHSM says CKR_GENERAL_ERROR to a tag that does not match, and others say it when they are going: a key that is
    // wrapped and unwrapped right now, between two tries, tells the one from the other.
    private bool DoesItsWork(Pkcs11Session session)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes], probe = stackalloc byte[32], box = stackalloc byte[32 + TagBytes], back = stackalloc byte[32 + TagBytes];
        RandomNumberGenerator.Fill(nonce);
        RandomNumberGenerator.Fill(probe);
        return _module.Encrypt(session.Handle, session.Object, nonce, [], probe, box, out int sealedBytes) == Answer.Ok && sealedBytes == box.Length &&
            _module.Decrypt(session.Handle, session.Object, nonce, [], box, back, out int opened) == Answer.Ok && back[..opened].SequenceEqual(probe);
    }

    // A key that could be read out of the token is no better than one in a file.
    private Answer Examine(Pkcs11Session session)
    {
        if (_examined)
        {
            return Answer.Ok;
        }

        (Cryptoki.Attribute Attribute, byte[] Wanted, string Rule)[] rules =
        [
            (Cryptoki.Attribute.KeyType, Number(AesKey), "be an AES key"),
            (Cryptoki.Attribute.ValueLength, Number(32), "have 256 bits"),
            (Cryptoki.Attribute.Sensitive, [1], "be sensitive (CKA_SENSITIVE)"),
            (Cryptoki.Attribute.Extractable, [0], "not be extractable (CKA_EXTRACTABLE)"),
            (Cryptoki.Attribute.Encrypt, [1], "be allowed to encrypt (CKA_ENCRYPT)"),
            (Cryptoki.Attribute.Decrypt, [1], "be allowed to decrypt (CKA_DECRYPT)"),
        ];
        List<string> broken = [];
        foreach ((Cryptoki.Attribute attribute, byte[] wanted, string rule) in rules)
        {
            Answer answer = _module.Read(session.Handle, session.Object, attribute, out byte[] value);
            if (answer != Answer.Ok)
            {
                return answer;
            }

            if (!value.AsSpan().SequenceEqual(wanted))
            {
                broken.Add(rule);
            }
        }

        if (broken.Count > 0)
        {
            throw SourceErrors.Refused(Id, $"a key-encryption key must {string.Join(", ", broken)}.");
        }

        _examined = true;
        return Answer.Ok;

        static byte[] Number(nuint value) => MemoryMarshal.AsBytes([value]).ToArray();
    }
}
