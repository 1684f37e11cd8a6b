using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Wardline.Server.Tests.Hosting;

/// <summary>Everything that was logged, as text, with exceptions and scopes' values.</summary>
internal sealed class LogCollector : ILoggerProvider
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public string Text => string.Join('\n', Lines);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(LogCollector collector, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            collector.Lines.Enqueue($"{logLevel} {category} {formatter(state, exception)} {exception}");
    }
}
