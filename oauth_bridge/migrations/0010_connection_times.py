"""When connections were revoked, and indexes to count those of a day."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oauth_bridge', '0009_suspended_connection'),
    ]

    operations = [
        migrations.AddField(
            model_name='connection',
            name='revoked_at',
            field=models.DateTimeField(blank=True, help_text='The last time; consent may have renewed it since.', null=True),
        ),
        migrations.AddIndex(
            model_name='connection',
            index=models.Index(fields=['consented_at'], name='connection_by_consent'),
        ),
        migrations.AddIndex(
            model_name='connection',
            index=models.Index(fields=['revoked_at'], name='connection_by_revocation'),
        ),
    ]
