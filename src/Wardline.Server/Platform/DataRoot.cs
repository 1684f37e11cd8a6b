using System.Security.Cryptography;

namespace Wardline.Server.Platform;

/// <summary>The one folder under which everything lies that a running instance keeps. Only its owner may look in.</summary>
internal sealed class DataRoot
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public DataRoot(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(Path, OwnerOnly);
    }

    public string Path { get; }

    public string File(string folder, string name) => System.IO.Path.Combine(Folder(folder), name);

    public string Folder(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name), OwnerOnly).FullName;

    /// <summary>Writes a file as a whole or not at all, readable by its owner only.</summary>
    public static void WritePrivate(string path, ReadOnlySpan<byte> content)
    {
        string next = $"{path}.{Environment.ProcessId}.next";
        using (FileStream stream = new(next, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerFile }))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        System.IO.File.Move(next, path, overwrite: true);
    }

    /// <summary>A random key that is made at the first start and stays.</summary>
    public byte[] Key(string name, int bytes)
    {
        string path = File("keys", name);
        if (!System.IO.File.Exists(path))
        {
            WritePrivate(path, RandomNumberGenerator.GetBytes(bytes));
        }

        byte[] key = System.IO.File.ReadAllBytes(path);
        return key.Length == bytes ? key : throw new InvalidDataException($"{path} holds {key.Length} bytes, it must be {bytes}: restore it, or delete it to have a new one made.");
    }
}
