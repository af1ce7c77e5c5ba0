namespace TokenSense.KeyRegistry.People;

/// <summary>A person who can sign in.</summary>
/// <remarks>A plain document, not a stream: erasing it erases all that is known of them, and events hold the id alone.</remarks>
/// <param name="Email">Lower-case.</param>
/// <param name="PasswordHash">By ASP.NET's <c>PasswordHasher</c> (PBKDF2).</param>
/// <param name="IsOperator">Runs the installation (product decision 17).</param>
public sealed record Person(Guid Id, string Email, string Name, string PasswordHash, bool IsOperator, DateTimeOffset CreatedAt);
