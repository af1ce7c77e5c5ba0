using System.Diagnostics;
using Shouldly;
using TokenSense.EndToEnd.Running;
using TokenSense.ServiceDefaults.Access;
using Xunit;

namespace TokenSense.EndToEnd.Access;

/// <summary>Every endpoint, called by everybody, at the service itself and through the console: each gets what the access table says.</summary>
[Collection(nameof(SharedStack))]
public sealed class MatrixTests(SharedStack shared, MatrixTests.Cast cast) : IClassFixture<MatrixTests.Cast>
{
    private const int AtOnce = 40;
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task Whoever_the_table_does_not_let_in_is_refused_in_one_way_and_changes_nothing()
    {
        var tries = new List<Try>();
        foreach (var (rule, example) in Examples.Known)
        {
            var refused = cast.Actors.Where(actor => actor.Refusal(rule) is not null).ToList();
            if (refused.Count == 0) continue;
            var call = await example.Of(rule, cast.Scene, await cast.Scene.Owner());
            tries.AddRange(refused.SelectMany(actor => cast.DoorsOf(rule).Select(door => new Try(rule, example, actor, door, call))));
        }
        var before = await Fingerprint.OnceStill(cast.Scene.Workspace);
        var differences = await Differences(tries);
        var after = await Fingerprint.OnceStill(cast.Scene.Workspace);
        string.Join('\n', differences).ShouldBeEmpty();
        after.Except(before).ShouldBeEmpty("what refused calls changed");
    }

    [Fact]
    public async Task Whoever_the_table_lets_in_gets_what_they_ask_for()
    {
        var tries = await Wire.Each(
            [.. from known in Examples.Known from at in Enumerable.Range(0, cast.Actors.Count)
                where cast.Actors[at].Refusal(known.Rule) is null from door in cast.DoorsFor(known.Rule, known.Example, at) select (known.Rule, known.Example, at, door)],
            AtOnce / 4,
            async t =>
            {
                var scene = t.Example.EndsScene ? await Scene.Set(_stack) : cast.Scene;
                var isAnew = t.Example.EndsScene || (t.Example.EndsCaller && cast.Actors[t.at].Account is not null);
                var actor = isAnew ? await Roster.All[t.at](scene) : cast.Actors[t.at];
                return new Try(t.Rule, t.Example, actor, t.door, await t.Example.Of(t.Rule, scene, actor));
            });
        string.Join('\n', await Differences(tries)).ShouldBeEmpty();
        var unproven = Examples.Known.Where(known => tries.All(t => t.Rule != known.Rule)).Select(known => Examples.NameOf(known.Rule));
        unproven.ShouldBeEmpty("rows that let nobody of the roster in");
    }

    private static async Task<IReadOnlyList<string>> Differences(IReadOnlyList<Try> tries)
    {
        var watch = Stopwatch.StartNew();
        var found = (await Wire.Each([.. tries.Where(t => !t.Example.IsFew)], AtOnce, Difference)).Concat(await Wire.Each([.. tries.Where(t => t.Example.IsFew)], 2, Difference));
        var differences = found.OfType<string>().Order(StringComparer.Ordinal).ToList();
        TestContext.Current.TestOutputHelper!.WriteLine($"{tries.Count} calls of {tries.Select(t => t.Rule).Distinct().Count()} endpoints by {tries.Select(t => t.Who.Name).Distinct().Count()} callers in {watch.Elapsed.TotalSeconds:0.0} s, {differences.Count} differ");
        return differences;
    }

    private static async Task<string?> Difference(Try t)
    {
        var answer = await Wire.Send(t.Door.Url, t.Call, t.Who.Authorization);
        var isAsSaid = t.Who.Refusal(t.Rule) is { } refusal ? (answer.Status, answer.Code) == refusal : t.Example.Problem(t.Who) is { } code ? answer.Code == code : answer.Succeeded;
        if (isAsSaid) return null;
        var said = t.Who.Refusal(t.Rule) is var (status, problem) ? $"{status} {problem}" : t.Example.Problem(t.Who) ?? "2xx";
        return $"{Examples.NameOf(t.Rule)} as {t.Who.Name} {t.Door.Name}: {answer} instead of {said}; {answer.Body[..Math.Min(answer.Body.Length, 200)]}";
    }

    private sealed record Try(AccessRule Rule, Example Example, Actor Who, (string Name, string Url) Door, Call Call);

    /// <summary>One scene with everybody in it, for all of the matrix.</summary>
    public sealed class Cast(SharedStack shared) : IAsyncLifetime
    {
        private Surface _surface = null!;

        internal Scene Scene { get; private set; } = null!;
        internal IReadOnlyList<Actor> Actors { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _surface = await Surface.Read(shared.Stack);
            Scene = await Scene.Set(shared.Stack);
            Actors = await Wire.Each(Roster.All, 8, enter => enter(Scene));
        }

        internal (string Name, string Url)[] DoorsOf(AccessRule rule) =>
            [.. _surface.Services[Examples.NameOf(rule)].Select(service => ($"at its service {new Uri(service.Url).Port}", service.Url)), ("through the console", shared.Stack.Dashboard.Url)];

        // Of what few are answered at a time, each asks at one door, in turns.
        internal (string Name, string Url)[] DoorsFor(AccessRule rule, Example example, int at) =>
            DoorsOf(rule) is var doors && example.IsFew ? [doors[at % doors.Length]] : doors;

        public async ValueTask DisposeAsync() => await Scene.Forget();
    }
}
