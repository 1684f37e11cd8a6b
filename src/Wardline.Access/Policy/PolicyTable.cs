using System.Text.RegularExpressions;
using Wardline.Access.Facts;
using Wardline.Access.Rules;

namespace Wardline.Access.Policy;

/// <summary>
/// Reads the table as it is written for people: a Markdown page with a line <c>Version: …</c> and two tables, "Always
/// needed" and "Allowed". Whatever else stands there is for the reader. Nothing is guessed: a word that is not known is an error.
/// </summary>
internal sealed partial class PolicyTable
{
    private static readonly string[] s_alwaysHead = ["rule", "acts", "needs", "because"];
    private static readonly string[] s_allowedHead = ["rule", "acts", "who", "if", "because"];

    private readonly List<string> _errors = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    public string Version { get; private set; } = "";

    public List<PolicyRow> Always { get; } = [];

    public List<PolicyRow> Allowed { get; } = [];

    public IReadOnlyList<string> Errors => _errors;

    public static PolicyTable Read(string text)
    {
        PolicyTable table = new();
        string[]? head = null;
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            number++;
            string line = raw.Trim();
            if (line.StartsWith('|'))
            {
                head = table.ReadLine(line, number, head);
                continue;
            }

            head = null;
            if (line.StartsWith("Version:", StringComparison.Ordinal))
            {
                table.ReadVersion(line["Version:".Length..].Trim(), number);
            }
        }

        if (table.Version.Length == 0)
        {
            table._errors.Add("there is no line \"Version: …\"");
        }

        return table;
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,47}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Id();

    [GeneratedRegex("^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionForm();

    private void ReadVersion(string version, int line)
    {
        if (Version.Length > 0 || !VersionForm().IsMatch(version))
        {
            _errors.Add($"line {line}: {(Version.Length > 0 ? "a second version" : $"'{version}' is no version (letters, digits, points, hyphens; at most 32)")}");
            return;
        }

        Version = version;
    }

    /// <returns>The head of the table that the line belongs to.</returns>
    private string[]? ReadLine(string line, int number, string[]? head)
    {
        if (line.Length < 2 || line[^1] != '|')
        {
            _errors.Add($"line {number}: a row ends with |");
            return head;
        }

        string[] cells = [.. line[1..^1].Split('|').Select(cell => cell.Trim())];
        if (head is null)
        {
            if (cells.SequenceEqual(s_alwaysHead))
            {
                return s_alwaysHead;
            }

            if (cells.SequenceEqual(s_allowedHead))
            {
                return s_allowedHead;
            }

            _errors.Add($"line {number}: a table begins with '{string.Join(" | ", s_alwaysHead)}' or '{string.Join(" | ", s_allowedHead)}'");
            return cells;
        }

        if (cells.All(cell => cell.Length > 0 && cell.All(letter => letter is '-' or ':')))
        {
            return head;
        }

        if (head == s_alwaysHead || head == s_allowedHead)
        {
            ReadRow(cells, head, number);
        }

        return head;
    }

    private void ReadRow(string[] cells, string[] head, int line)
    {
        if (cells.Length != head.Length)
        {
            _errors.Add($"line {line}: {cells.Length} cells instead of {head.Length}");
            return;
        }

        string id = cells[0];
        if (!Id().IsMatch(id) || !_ids.Add(id))
        {
            _errors.Add($"line {line}: '{id}' is {(Id().IsMatch(id) ? "there twice" : "no name for a rule (small letters, digits, hyphens; at most 48)")}");
        }

        bool allowed = head == s_allowedHead;
        Roles who = Roles.None;
        bool everybody = !allowed;
        if (allowed)
        {
            everybody = cells[2] == "everybody";
            who = everybody ? Roles.None : ReadRoles(cells[2], line);
        }

        if (cells[^1].Length == 0)
        {
            _errors.Add($"line {line}: nobody says why '{id}' is there");
        }

        PolicyRow row = new(id, ReadActs(cells[1], allowed, line), who, everybody, ReadTerms(cells[allowed ? 3 : 2], line), cells[^1]);
        (allowed ? Allowed : Always).Add(row);
    }

    private List<AccessAct> ReadActs(string cell, bool allowed, int line)
    {
        if (cell == "*" && !allowed)
        {
            return [.. AccessAct.All];
        }

        List<AccessAct> acts = [];
        foreach (string name in Words(cell))
        {
            if (AccessAct.Find(name) is { } act && !acts.Contains(act))
            {
                acts.Add(act);
            }
            else
            {
                _errors.Add($"line {line}: '{name}' is {(AccessAct.Find(name) is null ? "no act" : "there twice")}");
            }
        }

        return acts;
    }

    private Roles ReadRoles(string cell, int line)
    {
        Roles who = Roles.None;
        foreach (string name in Words(cell))
        {
            Roles role = RoleNames.Find(name);
            if (role == Roles.None)
            {
                _errors.Add($"line {line}: '{name}' is no role");
            }

            who |= role;
        }

        return who;
    }

    private List<PolicyTerm> ReadTerms(string cell, int line)
    {
        List<PolicyTerm> terms = [];
        foreach (string term in Words(cell))
        {
            List<AccessRule> either = [];
            foreach (string name in term.Split(" or ", StringSplitOptions.TrimEntries))
            {
                if (RuleBook.Find(name) is { } rule)
                {
                    either.Add(rule);
                }
                else
                {
                    _errors.Add($"line {line}: '{name}' is no rule; there are {string.Join(", ", RuleBook.Names)}");
                }
            }

            if (either.Count > 0)
            {
                terms.Add(new PolicyTerm(either));
            }
        }

        if (terms.Count == 0)
        {
            _errors.Add($"line {line}: a row without conditions");
        }

        return terms;
    }

    private static string[] Words(string cell) => cell.Split(',', StringSplitOptions.TrimEntries);
}
