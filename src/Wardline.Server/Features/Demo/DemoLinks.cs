using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Wardline.Server.Features.Identity;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Demo;

/// <summary>
/// Links of demo visits. They have to be the same after a restart although only their hashes are stored, so their secrets
/// are derived from a key of this instance.
/// </summary>
internal sealed class DemoLinks(VisitLinks links, DataRoot data, ServerAddress address)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    private readonly byte[] _key = data.Key("demo-links", 32);

    public Task AddAsync(string visit, string person, CancellationToken cancel) => links.AddAsync(visit, person, Secret(visit, person), Lifetime, cancel);

    public Task<bool> IsValidAsync(string visit, CancellationToken cancel) => links.IsValidAsync(visit, cancel);

    public string Of(Invitation person) => $"{address.Origin}/visit/{person.Visit.Id}#{Base64Url.EncodeToString(Secret(person.Visit.Id, person.Person.Id))}";

    private byte[] Secret(string visit, string person) =>
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"visit link\n{visit}\n{person}"))[..VisitLinks.SecretBytes];
}
