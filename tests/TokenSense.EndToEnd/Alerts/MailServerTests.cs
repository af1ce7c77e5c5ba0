using Shouldly;
using TokenSense.Contracts;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Alerts;

/// <summary>All mail goes through one server: what it says of one recipient is no word on the others.</summary>
public sealed class MailServerTests
{
    [Fact]
    public async Task A_mailbox_that_refuses_holds_up_nobody_elses_mail()
    {
        await using var mail = await MailReceiver.Start();
        await using var stack = await Stack.Up(await Backends.Shared(), mail.Settings.ToDictionary());
        var workspace = await Workspace.New(stack);
        await workspace.Post("channels", new { type = "email", name = "Full", address = "full@example.com" });
        await mail.Refuse("full@example.com", 452);
        for (var n = 0; n < 3; n++) await BusMessages.Publish(stack, Told.Crossing(workspace.Id, Guid.NewGuid(), 80));
        await Until.Seen(() => Task.FromResult(mail.Received.Count(m => m.To.Contains(Stack.OwnerEmail))), count => count == 3, "the owner's mail");
        await Until.Seen(() => Task.FromResult(mail.Refused.Count), count => count > 0, "a refusal");
        (await stack.Query<long>("notifier", "select count(*) from receivers where failing_since is not null")).ShouldBe(0);
    }

    [Fact]
    public async Task Who_is_no_admin_any_more_is_not_written_to()
    {
        await using var mail = await MailReceiver.Start();
        await using var stack = await Stack.Up(await Backends.Shared(), mail.Settings.ToDictionary());
        var workspace = await Workspace.New(stack);
        var leaver = Guid.NewGuid();
        await BusMessages.Publish(stack,
            new PersonChanged { UserId = leaver, Email = "leaver@example.com", Name = "Leaver", Version = 1 },
            new MemberChanged { WorkspaceId = workspace.Id, UserId = leaver, Role = "admin", Version = 1 });
        await Until.Seen(() => stack.Query<long>("notifier", $"select count(*) from directory where id in ('{leaver}', '{workspace.Id}/{leaver}')"), count => count == 2, "the admin");
        await mail.Kill();
        await BusMessages.Publish(stack, Told.Crossing(workspace.Id, Guid.NewGuid(), 80));
        await Until.Seen(() => stack.Query<long>("notifier", "select count(*) from receivers where failing_since is not null"), count => count == 1, "the mail server away");
        await BusMessages.Publish(stack, new MemberChanged { WorkspaceId = workspace.Id, UserId = leaver, Role = "viewer", Version = 2 });
        await Until.Seen(() => stack.Query<long>("notifier", $"select count(*) from directory where id = '{workspace.Id}/{leaver}' and version = 2"), count => count == 1, "the viewer");
        await mail.Restart();
        await stack.Execute("notifier", "update deliveries set next_try_at = now() where status = 'pending'; notify alerts_changed");
        await mail.Until(m => m.To.Contains(Stack.OwnerEmail), "the owner's mail");
        await Until.Seen(() => stack.Query<string>("notifier", $"select coalesce((select last_error from deliveries where person_id = '{leaver}' and status = 'failed'), '')"), error => error.Contains("no longer"), "the leaver left out");
        mail.Received.ShouldAllBe(m => !m.To.Contains("leaver@example.com"));
    }
}
