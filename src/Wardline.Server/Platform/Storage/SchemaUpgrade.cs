using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Wardline.Server.Platform.Storage;

/// <summary>
/// Brings the database forward, one numbered script after the other, each in its own transaction. A script that was
/// applied never changes (its hash is kept), and a database from a newer Wardline is not touched.
/// </summary>
internal sealed class SchemaUpgrade(Database database, TimeProvider time, ILogger<SchemaUpgrade> log)
{
    public void Apply() => Apply(Scripts());

    /// <exception cref="InvalidDataException">The database is newer than this program, or a script was changed after it had been applied.</exception>
    public void Apply(IReadOnlyList<SchemaScript> scripts)
    {
        using SqliteConnection connection = database.Open();
        Execute(connection, null, "CREATE TABLE IF NOT EXISTS schema_version (number INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
        Dictionary<int, string> applied = Applied(connection);
        if (applied.Keys.Except(scripts.Select(s => s.Number)).Any())
        {
            throw new InvalidDataException($"{database.Path} was written by a newer Wardline (schema {applied.Keys.Max()}, this one knows {scripts.Max(s => s.Number)}). Run that version; a schema never goes back.");
        }

        foreach (SchemaScript script in scripts.OrderBy(s => s.Number))
        {
            if (!applied.TryGetValue(script.Number, out string? hash))
            {
                Run(connection, script);
            }
            else if (hash != script.Hash)
            {
                throw new InvalidDataException($"Schema script {script.Number} {script.Name} is not the one that {database.Path} was made with.");
            }
        }
    }

    private void Run(SqliteConnection connection, SchemaScript script)
    {
        using SqliteTransaction transaction = connection.BeginTransaction();
        Execute(connection, transaction, script.Sql);
        Execute(
            connection, transaction, "INSERT INTO schema_version (number, name, hash, applied_at) VALUES ($number, $name, $hash, $at)",
            ("$number", script.Number), ("$name", script.Name), ("$hash", script.Hash), ("$at", time.GetUtcNow().ToUnixTimeMilliseconds()));
        transaction.Commit();
        log.SchemaApplied(script.Number, script.Name);
    }

    private static Dictionary<int, string> Applied(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT number, hash FROM schema_version";
        using SqliteDataReader reader = command.ExecuteReader();
        Dictionary<int, string> applied = [];
        while (reader.Read())
        {
            applied.Add(reader.GetInt32(0), reader.GetString(1));
        }

        return applied;
    }

    private static void Execute(SqliteConnection connection, SqliteTransaction? transaction, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach ((string name, object value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        command.ExecuteNonQuery();
    }

    private static List<SchemaScript> Scripts()
    {
        Assembly assembly = typeof(SchemaUpgrade).Assembly;
        return [.. assembly.GetManifestResourceNames().Where(n => n.StartsWith("schema/", StringComparison.Ordinal)).Select(Read)];

        SchemaScript Read(string resource)
        {
            using StreamReader reader = new(assembly.GetManifestResourceStream(resource)!);
            string[] name = resource["schema/".Length..].Split('-', 2);
            return new(int.Parse(name[0], CultureInfo.InvariantCulture), name[1], reader.ReadToEnd());
        }
    }
}

internal sealed record SchemaScript(int Number, string Name, string Sql)
{
    public string Hash { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));
}
