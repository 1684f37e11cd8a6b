using System.Security.Cryptography;

namespace Wardline.Vault.KeyRing;

/// <summary>The keys of the patients that were asked for last, and when the store was asked about them.</summary>
internal sealed class PatientCache(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, string Patient), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();
    private int _erasures;

    /// <summary>How many there were: what was read from the store before one of them may be out of date.</summary>
    public int Erasures => Volatile.Read(ref _erasures);

    public bool TryGet(string tenant, string patient, out Entry entry)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue((tenant, patient), out LinkedListNode<Entry>? node) || node.Value.Key.Wiped)
            {
                entry = default;
                return false;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            entry = node.Value;
            return true;
        }
    }

    /// <summary>
    /// Puts an entry in. The same key that is there already stays, since it may be in use, and the second copy is wiped;
    /// another key is replaced and wiped. What there is no room for is only let go.
    /// </summary>
    /// <param name="erasures"><see cref="Erasures"/> from before the store was asked.</param>
    /// <returns>The key that is in use; null when somebody was erased since, who may be this one.</returns>
    public SecretBytes? TryPut(Entry entry, int erasures)
    {
        lock (_lock)
        {
            if (erasures != _erasures)
            {
                return null;
            }

            if (_entries.TryGetValue((entry.Tenant, entry.Patient), out LinkedListNode<Entry>? node))
            {
                _byUse.Remove(node);
                SecretBytes known = node.Value.Key;
                if (!ReferenceEquals(known, entry.Key))
                {
                    bool same = !known.Wiped && CryptographicOperations.FixedTimeEquals(known.Span, entry.Key.Span);
                    (same ? entry.Key : known).Dispose();
                    entry = same ? entry with { Key = known } : entry;
                }
            }

            _entries[(entry.Tenant, entry.Patient)] = _byUse.AddFirst(entry);
            if (_entries.Count > capacity)
            {
                Entry last = _byUse.Last!.Value;
                _byUse.RemoveLast();
                _entries.Remove((last.Tenant, last.Patient));
            }

            return entry.Key;
        }
    }

    /// <summary>Wipes the key of a patient (null: of all of the tenant) wherever it is in use, or is about to be.</summary>
    public void Erase(string tenant, string? patient)
    {
        lock (_lock)
        {
            _erasures++;
            foreach (LinkedListNode<Entry> node in _entries.Values.Where(n => n.Value.Tenant == tenant && (patient is null || n.Value.Patient == patient)).ToArray())
            {
                Remove(node);
            }
        }
    }

    /// <summary>Wipes the key of a patient of whom the store has none.</summary>
    public void Drop(string tenant, string patient)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue((tenant, patient), out LinkedListNode<Entry>? node))
            {
                Remove(node);
            }
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            foreach (LinkedListNode<Entry> node in _entries.Values.ToArray())
            {
                Remove(node);
            }
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        node.Value.Key.Dispose();
        _byUse.Remove(node);
        _entries.Remove((node.Value.Tenant, node.Value.Patient));
    }

    /// <param name="Revision">of the record that the key came from.</param>
    /// <param name="AskedAt">timestamp of the ring's clock.</param>
    internal readonly record struct Entry(string Tenant, string Patient, SecretBytes Key, long Revision, long AskedAt);
}
