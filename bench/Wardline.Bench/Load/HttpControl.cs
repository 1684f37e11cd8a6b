using System.Text;

namespace Wardline.Bench.Load;

/// <summary>Requests to a server under test that wait for their answer; the generator has one thread.</summary>
internal sealed class HttpControl(LoadPlan plan) : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(20) };

    /// <param name="path">After <see cref="LoadPlan.Control"/>.</param>
    /// <param name="body">null: GET.</param>
    /// <exception cref="LoadException">No answer, or one that says that it failed.</exception>
    public string Ask(string path, string? body = null, string contentType = "application/json")
    {
        using HttpRequestMessage request = new(body is null ? HttpMethod.Get : HttpMethod.Post, plan.Control + path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, contentType);
        try
        {
            using HttpResponseMessage response = _client.Send(request);
            using StreamReader reader = new(response.Content.ReadAsStream());
            string answer = reader.ReadToEnd();
            return response.IsSuccessStatusCode ? answer : throw new LoadException($"{plan.Kind} answered {(int)response.StatusCode}: {answer.Trim()}");
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            ServerProcess.MustLive(plan.ServerPid);
            throw new LoadException($"{plan.Kind} does not answer at {plan.Control}{path}: {error.Message}");
        }
    }

    /// <summary>Asks until there is an answer: a server that has just been started.</summary>
    public string AskPatiently(string path, string? body, TimeSpan patience)
    {
        for (long start = Environment.TickCount64; ;)
        {
            try
            {
                return Ask(path, body);
            }
            catch (LoadException) when (Environment.TickCount64 - start < patience.TotalMilliseconds)
            {
                ServerProcess.MustLive(plan.ServerPid);
                Thread.Sleep(100);
            }
        }
    }

    public void Dispose() => _client.Dispose();
}
