using System.Security.Cryptography;
using System.Text;
using static Wardline.Vault.KeySources.Pkcs11.Cryptoki;

namespace Wardline.Vault.KeySources.Pkcs11;

/// <summary>A session that is logged in, and the object that was found in it.</summary>
internal readonly record struct Pkcs11Session(nuint Handle, nuint Object, int Generation);

/// <summary>
/// One token: finds it, logs in, keeps a few sessions, and begins again when what it knew is no longer so.
/// </summary>
/// <remarks>
/// Tokens go and come back: unplugged, restarted, failed over. What is answered then differs from vendor to vendor, so
/// nothing is concluded from one answer that may pass (<see cref="Pkcs11Errors.MayPass"/>): the work is done again with
/// <list type="number">
/// <item>another session, a new login and the object looked for anew;</item>
/// <item>the library initialised anew: some see a token that came back only then.</item>
/// </list>
/// Only then is the token away, and the next call begins the same way.
/// </remarks>
internal sealed class Pkcs11Token(Pkcs11Uri uri, Pkcs11Module module, nuint objectClass, TimeProvider time)
{
    // Initialising takes the sessions of everybody in this process.
    private static readonly TimeSpan BetweenInitialisations = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Stack<Pkcs11Session> _idle = new();
    private VaultException? _pinRefused;
    private long? _initialisedAt;

    /// <summary>Does work in a session, again where the answer may pass.</summary>
    /// <param name="work">gives its answer; what it found out otherwise it keeps for itself.</param>
    /// <exception cref="VaultException"><c>vault.key-source-away</c>, <c>vault.key-source-refused</c>.</exception>
    public Answer Perform(string doing, Func<Pkcs11Session, Answer> work)
    {
        for (int tries = 0; ; tries++)
        {
            Answer answer = module.Generation == 0 ? module.Initialize() : Answer.Ok;
            string step = "starting the library";
            int generation = module.Generation;
            if (answer == Answer.Ok)
            {
                answer = TryTake(out Pkcs11Session session, out step);
                if (answer == Answer.Ok)
                {
                    step = doing;
                    bool good = false;
                    try
                    {
                        answer = work(session);
                        good = !Pkcs11Errors.MayPass(answer);
                    }
                    finally
                    {
                        GiveBack(session, good);
                    }

                    if (good)
                    {
                        return answer;
                    }
                }
            }

            if (!Pkcs11Errors.MayPass(answer) || tries == 2)
            {
                throw Pkcs11Errors.Of(uri.Identity, step, answer);
            }

            ForgetIdle();
            if (tries == 1 && !TryInitialiseAnew(generation))
            {
                throw Pkcs11Errors.Of(uri.Identity, step, answer);
            }
        }
    }

    public void Close() => ForgetIdle();

    private Answer TryTake(out Pkcs11Session session, out string step)
    {
        lock (_lock)
        {
            while (_idle.TryPop(out session))
            {
                if (session.Generation == module.Generation)
                {
                    step = "";
                    return Answer.Ok;
                }
            }
        }

        return Open(out session, out step);
    }

    private void GiveBack(Pkcs11Session session, bool good)
    {
        lock (_lock)
        {
            if (session.Generation != module.Generation)
            {
                return; // went with the library
            }

            if (good)
            {
                _idle.Push(session);
            }
            else
            {
                _ = module.CloseSession(session.Handle);
            }
        }
    }

    private void ForgetIdle()
    {
        lock (_lock)
        {
            while (_idle.TryPop(out Pkcs11Session session))
            {
                if (session.Generation == module.Generation)
                {
                    _ = module.CloseSession(session.Handle);
                }
            }
        }
    }

    // Not more often than every few seconds, by whoever: a token that is gone for an hour is asked by every request.
    private bool TryInitialiseAnew(int generation)
    {
        lock (_lock)
        {
            if (module.Generation == generation && _initialisedAt is { } at && time.GetElapsedTime(at) < BetweenInitialisations)
            {
                return false;
            }

            _initialisedAt = time.GetTimestamp();
            return module.Initialize(anew: generation) == Answer.Ok;
        }
    }

    private Answer Open(out Pkcs11Session session, out string step)
    {
        session = default;
        int generation = module.Generation;
        step = $"looking for the token {uri.Token}";
        Answer answer = FindSlot(out nuint slot, out TokenInfo info);
        if (answer != Answer.Ok)
        {
            return answer;
        }

        step = "opening a session";
        answer = module.OpenSession(slot, out nuint handle);
        if (answer != Answer.Ok)
        {
            return answer;
        }

        step = "logging in";
        answer = LogIn(handle, info.Flags);
        nuint found = 0;
        if (answer is Answer.Ok)
        {
            step = $"looking for {uri.Object}";
            answer = FindObject(handle, out found);
        }

        if (answer != Answer.Ok)
        {
            _ = module.CloseSession(handle);
            return answer;
        }

        session = new(handle, found, generation);
        return Answer.Ok;
    }

    private Answer FindSlot(out nuint slot, out TokenInfo info)
    {
        slot = 0;
        info = default;
        Answer answer = module.Slots(out nuint[] slots);
        if (answer != Answer.Ok)
        {
            return answer;
        }

        int found = 0;
        foreach (nuint each in slots)
        {
            if (module.Token(each, out TokenInfo candidate) == Answer.Ok && IsOurs(candidate))
            {
                (slot, info) = (each, candidate);
                found++;
            }
        }

        return found switch
        {
            0 => Answer.TokenNotPresent,
            1 => Answer.Ok,
            _ => throw SourceErrors.Refused(uri.Identity, "several tokens have this label; say which with serial=."),
        };
    }

    private unsafe bool IsOurs(TokenInfo info) =>
        Text(new ReadOnlySpan<byte>(info.Label, 32)) == uri.Token && (uri.Serial is null || Text(new ReadOnlySpan<byte>(info.Serial, 16)) == uri.Serial);

    // Padded with blanks, not ended by a zero (§3.2).
    private static string Text(ReadOnlySpan<byte> padded) => Encoding.UTF8.GetString(padded.TrimEnd((byte)' '));

    private Answer LogIn(nuint session, nuint flags)
    {
        lock (_lock)
        {
            if (_pinRefused is { } refused)
            {
                throw new VaultException(refused.Code, refused.Message, refused);
            }

            if ((flags & (FinalTry | PinLocked)) != 0)
            {
                throw SourceErrors.Refused(uri.Identity, (flags & PinLocked) != 0
                    ? "the PIN of the token is locked; its security officer unlocks it."
                    : "one wrong PIN more locks the token; a person logs in once with the right one first.");
            }

            byte[] pin = Encoding.UTF8.GetBytes(SecretReference.Resolve(uri.PinSource));
            Answer answer = module.Login(session, pin);
            CryptographicOperations.ZeroMemory(pin);
            if (Pkcs11Errors.IsOfThePin(answer))
            {
                _pinRefused = SourceErrors.Refused(uri.Identity, $"logging in answered {answer}. It is not tried again by this process, so that the token does not lock.");
                throw _pinRefused;
            }

            return answer == Answer.UserAlreadyLoggedIn ? Answer.Ok : answer; // the login is the process's, not the session's (§5.6)
        }
    }

    private Answer FindObject(nuint session, out nuint found)
    {
        found = 0;
        Answer answer = module.Find(session, objectClass, Encoding.UTF8.GetBytes(uri.Object), uri.Id.ToArray(), out nuint[] objects);
        if (answer != Answer.Ok)
        {
            return answer;
        }

        if (objects.Length > 1)
        {
            throw SourceErrors.Refused(uri.Identity, "several objects have this label; say which with id=.");
        }

        found = objects.FirstOrDefault();

        // A token that came back may show its objects only when the library is initialised anew.
        return objects.Length == 1 ? Answer.Ok : Answer.ObjectHandleInvalid;
    }
}
