using System.Runtime.InteropServices;
using static Wardline.Vault.KeySources.Pkcs11.Cryptoki;

namespace Wardline.Vault.KeySources.Pkcs11;

/// <summary>
/// One PKCS #11 library of this process. Thin: it calls and gives back what was answered; what that means is decided by
/// <see cref="Pkcs11Token"/>. A library is initialised once for all who use it, so it is never unloaded, and initialised anew
/// only when nobody is inside.
/// </summary>
internal sealed unsafe class Pkcs11Module
{
    private static readonly Lock Known = new();
    private static readonly Dictionary<string, Pkcs11Module> ByPath = new(StringComparer.Ordinal);

    // Inside: any number of calls at once. Outside: initialising, and nothing else.
    private readonly ReaderWriterLockSlim _inside = new(LockRecursionPolicy.NoRecursion);
    private readonly nint* _functions;
    private int _generation;

    /// <param name="functionList">CK_FUNCTION_LIST: the version, padded to a pointer, and then the functions.</param>
    public Pkcs11Module(nint functionList) => _functions = (nint*)functionList + 1;

    /// <summary>Handles of sessions and objects are good within one generation.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <exception cref="VaultException"><c>vault.key-source-settings</c>: no library there, or none of this kind.</exception>
    public static Pkcs11Module Load(string path)
    {
        lock (Known)
        {
            if (ByPath.TryGetValue(path, out Pkcs11Module? module))
            {
                return module;
            }

            try
            {
                nint library = NativeLibrary.Load(path);
                var getFunctionList = (delegate* unmanaged[Cdecl]<nint*, nuint>)NativeLibrary.GetExport(library, "C_GetFunctionList");
                nint list;
                if (getFunctionList(&list) != 0)
                {
                    throw SourceErrors.Settings($"{path} does not give its list of functions.");
                }

                return ByPath[path] = new Pkcs11Module(list);
            }
            catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
            {
                throw SourceErrors.Settings($"{path} is no PKCS #11 library: {failure.Message}");
            }
        }
    }

    /// <summary>Initialises the library unless it is; <paramref name="anew"/>, finalises it first, when it is still of that generation.</summary>
    /// <returns>What the library said; <see cref="Answer.FunctionFailed"/> when calls that hang keep it from being initialised.</returns>
    public Answer Initialize(int? anew = null)
    {
        if (!_inside.TryEnterWriteLock(TimeSpan.FromSeconds(2)))
        {
            return Answer.FunctionFailed;
        }

        try
        {
            if (_generation > 0 && anew != _generation)
            {
                return Answer.Ok;
            }

            if (_generation > 0)
            {
                // What it answers does not matter: it may have been finalised before and not come up since.
                _ = ((delegate* unmanaged[Cdecl]<void*, nuint>)At(Function.Finalize))(null);
            }

            InitializeArguments arguments = new() { Flags = OsLocking };
            Answer answer = (Answer)((delegate* unmanaged[Cdecl]<InitializeArguments*, nuint>)At(Function.Initialize))(&arguments);
            if (answer is Answer.Ok or Answer.AlreadyInitialized)
            {
                _generation++;
                return Answer.Ok;
            }

            return answer;
        }
        finally
        {
            _inside.ExitWriteLock();
        }
    }

    /// <summary>Slots that hold a token.</summary>
    public Answer Slots(out nuint[] slots)
    {
        using Entered entered = new(_inside);
        var getSlotList = (delegate* unmanaged[Cdecl]<byte, nuint*, nuint*, nuint>)At(Function.GetSlotList);
        nuint count = 0;
        slots = [];

        // The number is asked for first: some libraries look for new tokens only then (§5.5).
        Answer answer = (Answer)getSlotList(1, null, &count);
        if (answer != Answer.Ok || count == 0)
        {
            return answer;
        }

        count += 8; // that came since
        nuint[] found = new nuint[count];
        fixed (nuint* pointer = found)
        {
            answer = (Answer)getSlotList(1, pointer, &count);
        }

        slots = answer == Answer.Ok ? found[..(int)count] : [];
        return answer;
    }

    public Answer Token(nuint slot, out TokenInfo info)
    {
        using Entered entered = new(_inside);
        fixed (TokenInfo* pointer = &info)
        {
            *pointer = default;
            return (Answer)((delegate* unmanaged[Cdecl]<nuint, TokenInfo*, nuint>)At(Function.GetTokenInfo))(slot, pointer);
        }
    }

    public Answer OpenSession(nuint slot, out nuint session)
    {
        using Entered entered = new(_inside);
        fixed (nuint* pointer = &session)
        {
            *pointer = 0;
            return (Answer)((delegate* unmanaged[Cdecl]<nuint, nuint, void*, void*, nuint*, nuint>)At(Function.OpenSession))(slot, ReadOnlySession, null, null, pointer);
        }
    }

    public Answer CloseSession(nuint session)
    {
        using Entered entered = new(_inside);
        return (Answer)((delegate* unmanaged[Cdecl]<nuint, nuint>)At(Function.CloseSession))(session);
    }

    public Answer Login(nuint session, ReadOnlySpan<byte> pin)
    {
        using Entered entered = new(_inside);
        fixed (byte* pointer = pin)
        {
            return (Answer)((delegate* unmanaged[Cdecl]<nuint, nuint, byte*, nuint, nuint>)At(Function.Login))(session, UserRole, pointer, (nuint)pin.Length);
        }
    }

    /// <summary>At most two objects of a class with a label: one more than there should be.</summary>
    public Answer Find(nuint session, nuint objectClass, ReadOnlySpan<byte> label, ReadOnlySpan<byte> id, out nuint[] objects)
    {
        using Entered entered = new(_inside);
        objects = [];
        fixed (byte* labelPointer = label, idPointer = id)
        {
            AttributeEntry* template = stackalloc AttributeEntry[3];
            template[0] = new() { Type = (nuint)Cryptoki.Attribute.Class, Value = &objectClass, Length = (nuint)sizeof(nuint) };
            template[1] = new() { Type = (nuint)Cryptoki.Attribute.Label, Value = labelPointer, Length = (nuint)label.Length };
            template[2] = new() { Type = (nuint)Cryptoki.Attribute.Id, Value = idPointer, Length = (nuint)id.Length };
            nuint entries = id.Length > 0 ? 3u : 2u;
            Answer answer = (Answer)((delegate* unmanaged[Cdecl]<nuint, AttributeEntry*, nuint, nuint>)At(Function.FindObjectsInit))(session, template, entries);
            if (answer != Answer.Ok)
            {
                return answer;
            }

            nuint* found = stackalloc nuint[2];
            nuint count = 0;
            answer = (Answer)((delegate* unmanaged[Cdecl]<nuint, nuint*, nuint, nuint*, nuint>)At(Function.FindObjects))(session, found, 2, &count);
            _ = ((delegate* unmanaged[Cdecl]<nuint, nuint>)At(Function.FindObjectsFinal))(session);
            objects = answer == Answer.Ok ? new ReadOnlySpan<nuint>(found, (int)Math.Min(count, 2)).ToArray() : [];
            return answer;
        }
    }

    /// <summary>Reads an attribute; empty when the object has none.</summary>
    public Answer Read(nuint session, nuint handle, Cryptoki.Attribute attribute, out byte[] value)
    {
        using Entered entered = new(_inside);
        var getAttributeValue = (delegate* unmanaged[Cdecl]<nuint, nuint, AttributeEntry*, nuint, nuint>)At(Function.GetAttributeValue);
        AttributeEntry entry = new() { Type = (nuint)attribute };
        value = [];
        Answer answer = (Answer)getAttributeValue(session, handle, &entry, 1);
        if (answer == Answer.AttributeTypeInvalid)
        {
            return Answer.Ok;
        }

        if (answer != Answer.Ok || entry.Length is 0 or > 65536)
        {
            return answer;
        }

        value = new byte[entry.Length];
        fixed (byte* pointer = value)
        {
            entry.Value = pointer;
            return (Answer)getAttributeValue(session, handle, &entry, 1);
        }
    }

    /// <summary>AES-GCM with a tag of 16 bytes behind the ciphertext. A token that chooses its own nonce leaves it in <paramref name="iv"/>.</summary>
    public Answer Encrypt(nuint session, nuint key, Span<byte> iv, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plain, Span<byte> output, out int written)
    {
        using Entered entered = new(_inside);
        return Crypt(Function.EncryptInit, Function.Encrypt, session, key, iv, associatedData, plain, output, out written);
    }

    public Answer Decrypt(nuint session, nuint key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> box, Span<byte> output, out int written)
    {
        using Entered entered = new(_inside);
        Span<byte> copy = stackalloc byte[16];
        copy = copy[..iv.Length];
        iv.CopyTo(copy);
        return Crypt(Function.DecryptInit, Function.Decrypt, session, key, copy, associatedData, box, output, out written);
    }

    private Answer Crypt(Function init, Function perform, nuint session, nuint key, Span<byte> iv, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> input, Span<byte> output, out int written)
    {
        written = 0;
        fixed (byte* ivPointer = iv, aadPointer = associatedData, inputPointer = input, outputPointer = output)
        {
            GcmParameters parameters = new()
            {
                Iv = ivPointer, IvLength = (nuint)iv.Length, IvBits = (nuint)iv.Length * 8,
                AssociatedData = aadPointer, AssociatedDataLength = (nuint)associatedData.Length, TagBits = 128,
            };
            Mechanism mechanism = new() { Type = AesGcm, Parameter = &parameters, ParameterLength = (nuint)sizeof(GcmParameters) };
            Answer answer = (Answer)((delegate* unmanaged[Cdecl]<nuint, Mechanism*, nuint, nuint>)At(init))(session, &mechanism, key);
            if (answer != Answer.Ok)
            {
                return answer;
            }

            nuint length = (nuint)output.Length;
            answer = (Answer)((delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, nuint>)At(perform))(session, inputPointer, (nuint)input.Length, outputPointer, &length);
            written = (int)Math.Min(length, (nuint)output.Length);
            return answer;
        }
    }

    private nint At(Function function) => _functions[(int)function];

    private readonly ref struct Entered
    {
        private readonly ReaderWriterLockSlim _inside;

        public Entered(ReaderWriterLockSlim inside)
        {
            _inside = inside;
            inside.EnterReadLock();
        }

        public void Dispose() => _inside.ExitReadLock();
    }
}
