using System.Runtime.InteropServices;

namespace Wardline.Vault.KeySources.Pkcs11;

/// <summary>Names and layouts of PKCS #11 (OASIS, version 2.40), as far as they are used here. CK_ULONG has the size of a pointer on Linux.</summary>
internal static class Cryptoki
{
    public const nuint ReadOnlySession = 4; // CKF_SERIAL_SESSION
    public const nuint UserRole = 1; // CKU_USER
    public const nuint OsLocking = 2; // CKF_OS_LOCKING_OK

    public const nuint FinalTry = 0x20000; // CKF_USER_PIN_FINAL_TRY
    public const nuint PinLocked = 0x40000; // CKF_USER_PIN_LOCKED

    public const nuint DataObject = 0; // CKO_DATA
    public const nuint SecretKeyObject = 4; // CKO_SECRET_KEY
    public const nuint AesKey = 0x1F; // CKK_AES
    public const nuint AesGcm = 0x1087; // CKM_AES_GCM

    /// <summary>Places in CK_FUNCTION_LIST, in the order of the specification (§3.6), from 0.</summary>
    public enum Function
    {
        Initialize = 0,
        Finalize = 1,
        GetSlotList = 4,
        GetTokenInfo = 6,
        OpenSession = 12,
        CloseSession = 13,
        Login = 18,
        GetAttributeValue = 24,
        FindObjectsInit = 26,
        FindObjects = 27,
        FindObjectsFinal = 28,
        EncryptInit = 29,
        Encrypt = 30,
        DecryptInit = 33,
        Decrypt = 34,
    }

    /// <summary>CKA_…</summary>
    public enum Attribute : ulong
    {
        Class = 0,
        Private = 2,
        Label = 3,
        Value = 0x11,
        KeyType = 0x100,
        Id = 0x102,
        Sensitive = 0x103,
        Encrypt = 0x104,
        Decrypt = 0x105,
        ValueLength = 0x161,
        Extractable = 0x162,
    }

    /// <summary>CKR_…</summary>
    public enum Answer : ulong
    {
        Ok = 0,
        SlotIdInvalid = 0x3,
        GeneralError = 0x5,
        FunctionFailed = 0x6,
        AttributeSensitive = 0x11,
        AttributeTypeInvalid = 0x12,
        DeviceError = 0x30,
        DeviceRemoved = 0x32,
        EncryptedDataInvalid = 0x40,
        EncryptedDataLengthRange = 0x41,
        AeadDecryptFailed = 0x42,
        KeyHandleInvalid = 0x60,
        ObjectHandleInvalid = 0x82,
        PinIncorrect = 0xA0,
        PinInvalid = 0xA1,
        PinLengthRange = 0xA2,
        PinExpired = 0xA3,
        PinLocked = 0xA4,
        SessionClosed = 0xB0,
        SessionCount = 0xB1,
        SessionHandleInvalid = 0xB3,
        TokenNotPresent = 0xE0,
        TokenNotRecognized = 0xE1,
        UserAlreadyLoggedIn = 0x100,
        UserNotLoggedIn = 0x101,
        UserPinNotInitialized = 0x102,
        NotInitialized = 0x190,
        AlreadyInitialized = 0x191,
    }

    /// <summary>CK_ATTRIBUTE.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct AttributeEntry
    {
        public nuint Type;
        public void* Value;
        public nuint Length;
    }

    /// <summary>CK_MECHANISM.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct Mechanism
    {
        public nuint Type;
        public void* Parameter;
        public nuint ParameterLength;
    }

    /// <summary>CK_GCM_PARAMS (§2.12.3 of the mechanisms), with ulIvBits as every known module has it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct GcmParameters
    {
        public byte* Iv;
        public nuint IvLength;
        public nuint IvBits;
        public byte* AssociatedData;
        public nuint AssociatedDataLength;
        public nuint TagBits;
    }

    /// <summary>CK_C_INITIALIZE_ARGS.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct InitializeArguments
    {
        public nint CreateMutex;
        public nint DestroyMutex;
        public nint LockMutex;
        public nint UnlockMutex;
        public nuint Flags;
        public nint Reserved;
    }

    /// <summary>The head of CK_TOKEN_INFO, and room for the rest of it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct TokenInfo
    {
        public fixed byte Label[32];
        public fixed byte Manufacturer[32];
        public fixed byte Model[16];
        public fixed byte Serial[16];
        public nuint Flags;
        private fixed byte _rest[256];
    }
}
