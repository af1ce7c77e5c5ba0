using TokenSense.ServiceDefaults.Mail;

namespace TokenSense.Notifier.Channels;

public static class Senders
{
    /// <summary>The three ways out, with their settings checked.</summary>
    /// <exception cref="InvalidOperationException">A setting is wrong; the message names it.</exception>
    public static void AddSenders(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(NotifierSettings.Of(builder.Configuration));
        builder.AddMail();
        builder.Services.AddSingleton<Mailer>();
        builder.Services.AddSingleton<ChannelHttp>();
        builder.Services.AddSingleton<WebhookSender>();
        builder.Services.AddSingleton<SlackSender>();
    }
}
