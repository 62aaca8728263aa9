"""The toolkit as it comes, without this site: what each finding of the security list looks like there."""
