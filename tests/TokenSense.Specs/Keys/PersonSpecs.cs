using Shouldly;
using TokenSense.KeyRegistry.People;
using Xunit;
using static TokenSense.KeyRegistry.People.PersonEvent;
using Somebody = TokenSense.Specs.Keys.Story<TokenSense.KeyRegistry.People.Registration, TokenSense.KeyRegistry.People.PersonEvent>;

namespace TokenSense.Specs.Keys;

public sealed class PersonSpecs
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly PersonRegistered Registered = new(Guid.NewGuid(), Noon);

    [Fact]
    public void A_person_is_registered_once() =>
        Somebody.Given().When(p => Registration.Decide(new PersonCommand.Register(Registered.Id, Noon), p)).Then(Registered);

    [Fact]
    public void Each_revision_of_a_person_is_told_once()
    {
        Somebody.Given(Registered).When(Describe(1)).Then(new PersonDescribed(1, Noon));
        Somebody.Given(Registered, new PersonDescribed(1, Noon)).When(Describe(2)).Then(new PersonDescribed(2, Noon));
    }

    [Fact]
    public void Each_new_password_is_told_once_and_never_which()
    {
        Somebody.Given(Registered).When(p => Registration.Decide(new PersonCommand.SetPassword(1, Noon), p)).Then(new PasswordSet(1, Noon));
        Somebody.Given(Registered, new PersonErased(Noon)).When(p => Registration.Decide(new PersonCommand.SetPassword(1, Noon), p)).ThenNothing();
    }

    [Fact]
    public void An_erased_person_stays_erased()
    {
        Somebody.Given(Registered).When(p => Registration.Decide(new PersonCommand.Erase(Noon), p)).Then(new PersonErased(Noon));
        var erased = Somebody.Given(Registered, new PersonErased(Noon));
        erased.When(Describe(1)).ThenNothing();
        erased.When(p => Registration.Decide(new PersonCommand.Register(Registered.Id, Noon), p)).ThenNothing();
    }

    [Fact]
    public void Events_of_people_have_no_room_for_a_name_or_an_address() =>
        typeof(PersonEvent).GetNestedTypes().SelectMany(e => e.GetProperties()).Select(p => p.PropertyType).ShouldNotContain(typeof(string));

    private static Func<Registration?, IEnumerable<PersonEvent>> Describe(int revision) =>
        person => Registration.Decide(new PersonCommand.Describe(revision, Noon), person);
}
