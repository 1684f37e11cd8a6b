using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Wardline.Fuzz.Running;
using Wardline.Server.Features.Signaling.Wire;

namespace Wardline.Fuzz.Targets;

/// <summary>Messages of the signaling socket: a message or an error, never both, and what is taken is within its bounds.</summary>
[SupportedOSPlatform("linux")]
internal sealed class SignalingTarget : IFuzzTarget
{
    public string Name => "signaling";

    public int MaxBytes => 64 * 1024;

    // A document of this size with its strings, once over.
    public long AllocationBudget => 2 * 1024 * 1024;

    public IEnumerable<byte[]> Seeds => new[]
    {
        """{"type":"hello","id":1,"e2ee":{"publicKey":"BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","commitment":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}""",
        """{"type":"offer","id":2,"sdp":"v=0\r\n","publish":[{"mid":"0","source":"microphone"},{"mid":"1","source":"camera"}],"subscribe":[{"mid":"2","participant":"p1","source":"screen"}]}""",
        """{"type":"view","slots":[{"mid":"2","width":640,"height":360},{"mid":"3","width":0,"height":0}]}""",
        """{"type":"media","microphone":true,"camera":false}""",
        """{"type":"e2ee","to":"p2","body":"abc\u00e9\ud83d\ude00"}""",
        """{"type":"admit","participant":"p3"}""",
        """{"type":"end"}""",
        """{"type":"ping","t":1234.5e6}""",
    }.Select(Encoding.UTF8.GetBytes);

    public IEnumerable<byte[]> Dictionary => new[]
    {
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\ud83d", "\\u0000", "null", "true", "1e999", "-0", "2147483648", "[[[[[[[[[", "{\"a\":", "\"type\":", "\"id\":0",
        "\"mid\":\"0\"", "\"width\":-1", "\"source\":\"camera\"", "\u0000", "é",
    }.Select(Encoding.UTF8.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        bool taken = MessageReader.TryRead(input.ToArray(), out ClientMessage? message, out int? id, out SignalError? error);
        Promise.Hold(taken == (message is not null) && taken == (error is null), "A message or an error.");
        Promise.Hold(id is null or >= 1, "An id is positive.");
        if (taken)
        {
            using JsonDocument valid = JsonDocument.Parse(input.ToArray());
            Promise.Hold(valid.RootElement.ValueKind == JsonValueKind.Object, "What is taken is one JSON object.");
        }
    }
}
