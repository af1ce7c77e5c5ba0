using MudBlazor;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>Colours and type: calm, with enough contrast (WCAG 2.2 AA) in light and dark. app.css has the same for what is not MudBlazor's.</summary>
public static class Appearance
{
    private static readonly string[] Fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"];

    public static readonly MudTheme Theme = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#2f55d4", PrimaryContrastText = "#ffffff", Secondary = "#566072", Success = "#1a7f4b", Warning = "#9a5b00", Error = "#c02b2b", Info = "#2f55d4",
            WarningContrastText = "#ffffff", Background = "#f6f7f9", Surface = "#ffffff", AppbarBackground = "#ffffff", AppbarText = "#1c2330",
            DrawerBackground = "#ffffff", DrawerText = "#3b4557", DrawerIcon = "#566072", TextPrimary = "#1c2330", TextSecondary = "#566072", ActionDefault = "#566072",
            LinesDefault = "#e3e7ee", LinesInputs = "#8b95a7", TableLines = "#e3e7ee", Divider = "#e3e7ee", TextDisabled = "#6b7484", ActionDisabled = "#8b95a7",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#8fb0ff", PrimaryContrastText = "#0d1421", Secondary = "#a3aec0", Success = "#5fd08f", Warning = "#f0b457", Error = "#ff8a85", Info = "#8fb0ff",
            SuccessContrastText = "#0d1421", WarningContrastText = "#0d1421", ErrorContrastText = "#0d1421", InfoContrastText = "#0d1421",
            Background = "#10141b", Surface = "#181e27", AppbarBackground = "#181e27", AppbarText = "#e6eaf1",
            DrawerBackground = "#181e27", DrawerText = "#c5cedb", DrawerIcon = "#a3aec0", TextPrimary = "#e6eaf1", TextSecondary = "#a3aec0", ActionDefault = "#a3aec0",
            LinesDefault = "#2b3442", LinesInputs = "#7d889b", TableLines = "#2b3442", Divider = "#2b3442", TextDisabled = "#8793a6", ActionDisabled = "#6b7687",
        },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Fonts, FontSize = "0.9375rem", LineHeight = "1.5" },
            H1 = new H1Typography { FontFamily = Fonts, FontSize = "1.5rem", FontWeight = "650", LineHeight = "1.25" },
            H2 = new H2Typography { FontFamily = Fonts, FontSize = "1.1rem", FontWeight = "650", LineHeight = "1.35" },
            H6 = new H6Typography { FontFamily = Fonts, FontSize = "1.1rem", FontWeight = "650", LineHeight = "1.35" },
            Button = new ButtonTypography { FontFamily = Fonts, FontSize = "0.9rem", FontWeight = "600", TextTransform = "none", LetterSpacing = "0" },
            Body1 = new Body1Typography { FontFamily = Fonts, FontSize = "0.9375rem" },
            Body2 = new Body2Typography { FontFamily = Fonts, FontSize = "0.9rem" },
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px", DrawerWidthLeft = "232px" },
    };
}
