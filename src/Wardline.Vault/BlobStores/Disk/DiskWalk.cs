namespace Wardline.Vault.BlobStores.Disk;

/// <summary>
/// Goes through the files below a folder, each folder's entries in the order of their names, and can begin behind any file.
/// Holds the entries of the folders on the way to where it is, and no others.
/// </summary>
/// <param name="root">what paths are relative to.</param>
/// <param name="start">the folder to go through, below the root.</param>
/// <param name="after">a file below that folder, whether or not it is still there; null: from the beginning.</param>
internal sealed class DiskWalk(string root, string[] start, string[]? after)
{
    private readonly List<string> _steps = [.. start];
    private Stack<Queue<string>>? _left;

    /// <summary>The next file, as its folders and its name below the root; null at the end.</summary>
    public IReadOnlyList<string>? Next()
    {
        _left ??= new Stack<Queue<string>>([Entries(isOnTheWay: true)]);
        while (_left.TryPeek(out Queue<string>? entries))
        {
            if (!entries.TryDequeue(out string? entry))
            {
                _left.Pop();
                if (_left.Count > 0)
                {
                    _steps.RemoveAt(_steps.Count - 1);
                }

                continue;
            }

            bool isOnTheWay = IsOnTheWay(entry);
            _steps.Add(entry);
            if (Directory.Exists(PathOf(_steps)))
            {
                _left.Push(Entries(isOnTheWay));
                continue;
            }

            string[] file = [.. _steps];
            _steps.RemoveAt(_steps.Count - 1);
            if (!isOnTheWay)
            {
                return file;
            }
        }

        return null;
    }

    public string PathOf(IReadOnlyList<string> steps) => Path.Combine([root, .. steps]);

    /// <summary>Whether this entry of the present folder leads to the file to begin behind, or is it.</summary>
    private bool IsOnTheWay(string entry) =>
        after is not null && _steps.Count < after.Length && after[_steps.Count] == entry && after.AsSpan(0, _steps.Count).SequenceEqual([.. _steps]);

    /// <summary>What the present folder holds, in order, without what was seen before.</summary>
    private Queue<string> Entries(bool isOnTheWay)
    {
        string? from = isOnTheWay && after is not null && _steps.Count < after.Length ? after[_steps.Count] : null;
        try
        {
            return new Queue<string>(Directory.EnumerateFileSystemEntries(PathOf(_steps)).Select(e => Path.GetFileName(e))
                .Where(e => from is null || string.CompareOrdinal(e, from) >= 0).Order(StringComparer.Ordinal));
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
