using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Wardline.Server.Platform.Storage;

/// <summary>The SQLite file under the data root. Readers never wait for the writer (WAL).</summary>
internal sealed class Database
{
    public Database(DataRoot data)
    {
        Path = System.IO.Path.Combine(data.Path, "wardline.db");
        ConnectionString = new SqliteConnectionStringBuilder { DataSource = Path, ForeignKeys = true, DefaultTimeout = 5, Pooling = true }.ConnectionString;
        using SqliteConnection connection = Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL";
        command.ExecuteNonQuery();
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public string Path { get; }

    public string ConnectionString { get; }

    public SqliteConnection Open()
    {
        SqliteConnection connection = new(ConnectionString);
        connection.Open();
        return connection;
    }
}

internal static class StorageSetup
{
    public static void AddStorage(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Database>();
        builder.Services.AddSingleton<SchemaUpgrade>();
    }

    /// <summary>A slice's own view of the database. Contexts are used again: making one costs more than most queries.</summary>
    public static void AddSliceStorage<T>(this WebApplicationBuilder builder)
        where T : DbContext =>
        builder.Services.AddPooledDbContextFactory<T>(static (services, options) => options
            .UseSqlite(services.GetRequiredService<Database>().ConnectionString)
            .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking));
}
