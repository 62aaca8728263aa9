"""The findings by the names of their probes: letter and number as in the security list, and what of it."""

HAS = [
    *("a1", "a2", "a3", "a4", "a5", "a6", "a6_blank", "a7", "a8", "a8_many", "a9", "a10"),
    *("a11_unasked", "a11_stuck", "a11_unticked", "a12"),
    *("b1_claude", "b1_vscode", "b1_chatgpt", "b2", "b3", "b4", "b4_empty"),
    *("b5_preflight", "b5_errors", "b5_inspector", "b5_register", "b6", "b7", "b7_echo"),
    *("c1", "c1_token", "c2_race", "c2_grace", "c2_family"),
    *("c3_name", "c3_nested", "c3_resource", "c3_consent", "c3_device", "c3_query", "c3_openid", "c3_silent"),
    *("c4", "c5", "c6"),
    *("s1", "s2_stray", "s2_crash", "s6", "s12"),
]
"""What the toolkit has."""

HAS_NOT = ["s2", "s3", "s4", "s5", "s7", "s8", "s9", "s10", "s11"]
"""What another server had and the toolkit has not: here it is held for the day when something of ours has it."""
