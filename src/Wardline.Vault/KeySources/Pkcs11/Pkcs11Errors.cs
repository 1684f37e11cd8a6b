using static Wardline.Vault.KeySources.Pkcs11.Cryptoki;

namespace Wardline.Vault.KeySources.Pkcs11;

/// <summary>What an answer of a token means for whoever needs its key.</summary>
internal static class Pkcs11Errors
{
    /// <summary>Sessions, logins and handles may be stale, or the token be gone for now: begin again, and then it is away.</summary>
    public static bool MayPass(Answer answer) => answer is
        Answer.SlotIdInvalid or Answer.GeneralError or Answer.FunctionFailed or Answer.DeviceError or Answer.DeviceRemoved or
        Answer.KeyHandleInvalid or Answer.ObjectHandleInvalid or Answer.SessionClosed or Answer.SessionCount or Answer.SessionHandleInvalid or
        Answer.TokenNotPresent or Answer.TokenNotRecognized or Answer.UserNotLoggedIn or Answer.NotInitialized;

    /// <summary>A token's lock counts wrong PINs: one that was refused is not tried again by itself.</summary>
    public static bool IsOfThePin(Answer answer) => answer is
        Answer.PinIncorrect or Answer.PinInvalid or Answer.PinLengthRange or Answer.PinExpired or Answer.PinLocked or Answer.UserPinNotInitialized;

    public static bool SaysDamaged(Answer answer) => answer is Answer.EncryptedDataInvalid or Answer.EncryptedDataLengthRange or Answer.AeadDecryptFailed;

    public static VaultException Of(string source, string doing, Answer answer) => MayPass(answer)
        ? SourceErrors.Away(source, $"{doing} answered {Name(answer)}.")
        : SourceErrors.Refused(source, $"{doing} answered {Name(answer)}.");

    private static string Name(Answer answer) => Enum.IsDefined(answer) ? $"{answer} (0x{(ulong)answer:x})" : $"0x{(ulong)answer:x}";
}
