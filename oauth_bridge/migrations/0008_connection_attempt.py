"""Attempts to connect: the flight recorder."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oauth_bridge', '0007_operator_permissions'),
    ]

    operations = [
        migrations.CreateModel(
            name='ConnectionAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='started')),
                ('updated_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='last heard of')),
                ('reached', models.PositiveSmallIntegerField(choices=[(0, 'Nothing'), (1, 'Discovery'), (2, 'Registration'), (3, 'Authorization request'), (4, 'Sign-in'), (5, 'Consent'), (6, 'Token'), (7, 'First call')], default=0, help_text='The furthest step that was done.')),
                ('step', models.PositiveSmallIntegerField(choices=[(0, 'Nothing'), (1, 'Discovery'), (2, 'Registration'), (3, 'Authorization request'), (4, 'Sign-in'), (5, 'Consent'), (6, 'Token'), (7, 'First call')], default=1, help_text='The step that failed, or is to come.', verbose_name='stands at')),
                ('failed', models.BooleanField(default=False)),
                ('reason', models.TextField(blank=True, help_text='What stopped it, in words.')),
                ('client_id', models.CharField(blank=True, help_text='As the request named it.', max_length=255, verbose_name='client ID')),
                ('client_name', models.CharField(blank=True, max_length=255, verbose_name='client')),
                ('user_id', models.BigIntegerField(blank=True, null=True, verbose_name='user ID')),
                ('user_name', models.CharField(blank=True, max_length=150, verbose_name='user')),
                ('connection_id', models.BigIntegerField(blank=True, db_index=True, null=True, verbose_name='connection ID')),
                ('resource', models.CharField(blank=True, max_length=500)),
                ('address', models.GenericIPAddressField(blank=True, help_text='Where its first request came from.', null=True)),
                ('user_agent', models.CharField(blank=True, max_length=200)),
                ('timeline', models.JSONField(blank=True, default=list, help_text='What happened, step by step.')),
                ('request_key', models.CharField(blank=True, help_text='Keyed digest by which requests of one attempt are known; of use here alone.', max_length=64)),
            ],
            options={
                'verbose_name': 'attempt to connect',
                'verbose_name_plural': 'attempts to connect',
                'indexes': [models.Index(fields=['address', 'updated_at'], name='attempt_by_address'), models.Index(fields=['client_id', 'updated_at'], name='attempt_by_client'), models.Index(fields=['request_key'], name='attempt_by_request'), models.Index(fields=['started_at'], name='attempt_by_start')],
            },
        ),
    ]
