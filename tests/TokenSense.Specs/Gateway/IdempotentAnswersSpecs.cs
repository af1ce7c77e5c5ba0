using Microsoft.Extensions.Time.Testing;
using Shouldly;
using TokenSense.Gateway.Proxy;
using Xunit;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Gateway;

public sealed class IdempotentAnswersSpecs
{
    private readonly FakeTimeProvider _clock = new(Now);
    private readonly IdempotentAnswers _answers;

    public IdempotentAnswersSpecs() => _answers = new(_clock);

    [Fact]
    public void The_same_request_again_gets_the_same_answer_for_ten_minutes()
    {
        Leave("n", 10);
        _clock.Advance(TimeSpan.FromMinutes(9.9));
        _answers.Begin(Key, "n", "request").Answer!.Body.Length.ShouldBe(10);
        _clock.Advance(TimeSpan.FromMinutes(0.2));
        _answers.Begin(Key, "n", "request").Place.ShouldNotBeNull();
    }

    [Fact]
    public void While_it_is_answered_the_same_request_is_a_duplicate()
    {
        _answers.Begin(Key, "n", "request").Place.ShouldNotBeNull();
        var refusal = _answers.Begin(Key, "n", "request").Refusal.ShouldNotBeNull();
        (refusal.Status, refusal.Code).ShouldBe((409, "DUPLICATE_REQUEST"));
    }

    [Fact]
    public void Given_up_the_next_is_a_first_one()
    {
        _answers.Begin(Key, "n", "request").Place!.GiveUp();
        _answers.Begin(Key, "n", "request").Place.ShouldNotBeNull();
    }

    [Fact]
    public void Who_may_not_call_is_told_what_is_there_and_gets_no_place()
    {
        _answers.Begin(Key, "n", "request", mayCall: false).ShouldBe((null, null, null));
        var place = _answers.Begin(Key, "n", "request").Place.ShouldNotBeNull();
        _answers.Begin(Key, "n", "request", mayCall: false).Refusal!.Code.ShouldBe("DUPLICATE_REQUEST");
        place.Leave(new(200, [], Bytes.AsMemory(0, 10)));
        _answers.Begin(Key, "n", "request", mayCall: false).Answer!.Body.Length.ShouldBe(10);
    }

    [Fact]
    public void Another_request_under_the_same_name_is_refused()
    {
        Leave("n", 10);
        _answers.Begin(Key, "n", "another").Refusal!.Status.ShouldBe(400);
    }

    [Fact]
    public void Names_are_each_keys_own()
    {
        Leave("n", 10);
        _answers.Begin(Id(99), "n", "request").Place.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public void A_name_has_1_to_255_characters(int length) => _answers.Begin(Key, new string('x', length), "r").Refusal!.Status.ShouldBe(400);

    [Fact]
    public void What_is_too_large_is_not_kept()
    {
        Leave("n", IdempotentAnswers.AnswerBytesMax + 1);
        _answers.Begin(Key, "n", "request").Place.ShouldNotBeNull();
    }

    [Fact]
    public void No_more_is_kept_than_memory_was_promised_and_what_expires_makes_room()
    {
        for (var i = 0; i < 600; i++) Leave($"{i}", IdempotentAnswers.AnswerBytesMax);
        Kept().ShouldBe(256);
        _clock.Advance(TimeSpan.FromMinutes(11));
        Leave("later", IdempotentAnswers.AnswerBytesMax);
        _answers.Begin(Key, "later", "request").Answer.ShouldNotBeNull();

        int Kept() => Enumerable.Range(0, 600).Count(i => _answers.Begin(Key, $"{i}", "request") is { Answer: not null });
    }

    private static readonly byte[] Bytes = new byte[IdempotentAnswers.AnswerBytesMax + 1];

    private void Leave(string name, int bytes) => _answers.Begin(Key, name, "request").Place!.Leave(new(200, [], Bytes.AsMemory(0, bytes)));
}
