using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Wardline.Vault.KeySources.Pkcs11;
using static Wardline.Vault.KeySources.Pkcs11.Cryptoki;

namespace Wardline.Vault.Tests.KeySources.Pkcs11;

/// <summary>
/// A PKCS #11 library that is SoftHSM, but for what a test lets it answer: a list of functions of which some are ours. One at a
/// time; the tests of tokens do not run beside each other.
/// </summary>
internal static unsafe class HookedToken
{
    private const int Functions = 68;

    private static readonly Dictionary<Function, int> Counts = [];
    private static nint* _real;
    private static nint* _hooked;

    /// <summary>Called before each function: an answer of its own, or null for the real one.</summary>
    public static Func<Function, Answer?>? Answering { get; set; }

    /// <summary>Changes what came out of C_Decrypt.</summary>
    public static Action<Span<byte>>? Unwrapped { get; set; }

    /// <summary>Changes what came out of C_Encrypt, nonce and ciphertext, when it answers that it is well.</summary>
    public static Action<Span<byte>>? Wrapped { get; set; }

    /// <summary>Changes the flags of every token.</summary>
    public static Func<nuint, nuint>? Flags { get; set; }

    /// <summary>The nonce that the token takes instead of the one that it is given.</summary>
    public static byte[]? OwnNonce { get; set; }

    public static int Count(Function function) => Counts.GetValueOrDefault(function);

    public static Pkcs11Module Open()
    {
        nint library = NativeLibrary.Load(SoftHsm.Library);
        nint list;
        Assert.Equal(0u, ((delegate* unmanaged[Cdecl]<nint*, nuint>)NativeLibrary.GetExport(library, "C_GetFunctionList"))(&list));
        _real = (nint*)list + 1;
        if (_hooked is null)
        {
            _hooked = (nint*)NativeMemory.Alloc((Functions + 1) * (nuint)sizeof(nint));
        }

        Unsafe.CopyBlock(_hooked, (void*)list, (Functions + 1) * (uint)sizeof(nint));
        nint* at = _hooked + 1;
        at[(int)Function.Initialize] = (nint)(delegate* unmanaged[Cdecl]<void*, nuint>)&Initialize;
        at[(int)Function.GetSlotList] = (nint)(delegate* unmanaged[Cdecl]<byte, nuint*, nuint*, nuint>)&GetSlotList;
        at[(int)Function.GetTokenInfo] = (nint)(delegate* unmanaged[Cdecl]<nuint, TokenInfo*, nuint>)&GetTokenInfo;
        at[(int)Function.OpenSession] = (nint)(delegate* unmanaged[Cdecl]<nuint, nuint, void*, void*, nuint*, nuint>)&OpenSession;
        at[(int)Function.CloseSession] = (nint)(delegate* unmanaged[Cdecl]<nuint, nuint>)&CloseSession;
        at[(int)Function.Login] = (nint)(delegate* unmanaged[Cdecl]<nuint, nuint, byte*, nuint, nuint>)&Login;
        at[(int)Function.EncryptInit] = (nint)(delegate* unmanaged[Cdecl]<nuint, Mechanism*, nuint, nuint>)&EncryptInit;
        at[(int)Function.Encrypt] = (nint)(delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, nuint>)&Encrypt;
        at[(int)Function.DecryptInit] = (nint)(delegate* unmanaged[Cdecl]<nuint, Mechanism*, nuint, nuint>)&DecryptInit;
        at[(int)Function.Decrypt] = (nint)(delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, nuint>)&Decrypt;
        Reset();
        return new Pkcs11Module((nint)_hooked);
    }

    public static void Reset()
    {
        (Answering, Unwrapped, Wrapped, Flags, OwnNonce) = (null, null, null, null, null);
        Counts.Clear();
    }

    private static bool Instead(Function function, out nuint answer)
    {
        lock (Counts)
        {
            Counts[function] = Counts.GetValueOrDefault(function) + 1;
        }

        Answer? given = Answering?.Invoke(function);
        answer = (nuint)(given ?? Answer.Ok);
        return given is not null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint Initialize(void* arguments) =>
        Instead(Function.Initialize, out nuint answer) ? answer : ((delegate* unmanaged[Cdecl]<void*, nuint>)_real[(int)Function.Initialize])(arguments);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint GetSlotList(byte present, nuint* slots, nuint* count) =>
        Instead(Function.GetSlotList, out nuint answer) ? answer : ((delegate* unmanaged[Cdecl]<byte, nuint*, nuint*, nuint>)_real[(int)Function.GetSlotList])(present, slots, count);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint GetTokenInfo(nuint slot, TokenInfo* info)
    {
        if (Instead(Function.GetTokenInfo, out nuint answer))
        {
            return answer;
        }

        answer = ((delegate* unmanaged[Cdecl]<nuint, TokenInfo*, nuint>)_real[(int)Function.GetTokenInfo])(slot, info);
        info->Flags = Flags?.Invoke(info->Flags) ?? info->Flags;
        return answer;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint OpenSession(nuint slot, nuint flags, void* application, void* notify, nuint* session) => Instead(Function.OpenSession, out nuint answer)
        ? answer
        : ((delegate* unmanaged[Cdecl]<nuint, nuint, void*, void*, nuint*, nuint>)_real[(int)Function.OpenSession])(slot, flags, application, notify, session);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint CloseSession(nuint session) =>
        Instead(Function.CloseSession, out nuint answer) ? answer : ((delegate* unmanaged[Cdecl]<nuint, nuint>)_real[(int)Function.CloseSession])(session);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint Login(nuint session, nuint role, byte* pin, nuint length) =>
        Instead(Function.Login, out nuint answer) ? answer : ((delegate* unmanaged[Cdecl]<nuint, nuint, byte*, nuint, nuint>)_real[(int)Function.Login])(session, role, pin, length);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint EncryptInit(nuint session, Mechanism* mechanism, nuint key)
    {
        if (Instead(Function.EncryptInit, out nuint answer))
        {
            return answer;
        }

        if (OwnNonce is { } own)
        {
            GcmParameters* parameters = (GcmParameters*)mechanism->Parameter;
            own.CopyTo(new Span<byte>(parameters->Iv, (int)parameters->IvLength));
        }

        return ((delegate* unmanaged[Cdecl]<nuint, Mechanism*, nuint, nuint>)_real[(int)Function.EncryptInit])(session, mechanism, key);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint Encrypt(nuint session, byte* input, nuint length, byte* output, nuint* written)
    {
        if (Instead(Function.Encrypt, out nuint answer))
        {
            return answer;
        }

        answer = ((delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, nuint>)_real[(int)Function.Encrypt])(session, input, length, output, written);
        Wrapped?.Invoke(new Span<byte>(output, (int)*written));
        return answer;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint DecryptInit(nuint session, Mechanism* mechanism, nuint key) =>
        Instead(Function.DecryptInit, out nuint answer) ? answer : ((delegate* unmanaged[Cdecl]<nuint, Mechanism*, nuint, nuint>)_real[(int)Function.DecryptInit])(session, mechanism, key);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint Decrypt(nuint session, byte* input, nuint length, byte* output, nuint* written)
    {
        if (Instead(Function.Decrypt, out nuint answer))
        {
            return answer;
        }

        answer = ((delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, nuint>)_real[(int)Function.Decrypt])(session, input, length, output, written);
        Unwrapped?.Invoke(new Span<byte>(output, (int)*written));
        return answer;
    }
}
