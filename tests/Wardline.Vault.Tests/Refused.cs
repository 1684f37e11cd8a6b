namespace Wardline.Vault.Tests;

/// <summary>What must not be possible fails with a code, and a test names it.</summary>
internal static class Refused
{
    public static void With(string code, Action act) => Assert.Equal(code, Assert.Throws<VaultException>(act).Code);

    public static async Task WithAsync(string code, Func<ValueTask> act) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<VaultException>(async () => await act())).Code);

    public static async Task WithAsync<T>(string code, Func<ValueTask<T>> act) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<VaultException>(async () => await act())).Code);
}
