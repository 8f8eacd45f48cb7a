using System;
using System.Diagnostics;
using System.Linq;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;
using Midentity.PowerShell.Waiting;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class MidCmdletTests : IDisposable
{
    private readonly Engine engine = new(typeof(TestWaitCommand));

    public void Dispose() => engine.Dispose();

    [Fact]
    public async Task Stop_ends_a_wait_at_once_and_cancels_the_work()
    {
        // The best of a few: what is measured is the cmdlet, not what else the machine does.
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            using var work = new TestWork();
            using var shell = engine.Shell();
            var run = shell.AddCommand("Test-Wait").AddParameter("Item", work).InvokeAsync();
            Assert.True(work.Waiting.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            var time = Stopwatch.StartNew();
            shell.Stop();
            best = time.Elapsed < best ? time.Elapsed : best;
            await Assert.ThrowsAnyAsync<PipelineStoppedException>(() => run);
            Assert.True(work.Cancelled > 0);
            Assert.Equal(PSInvocationState.Stopped, shell.InvocationStateInfo.State);
        }

        Assert.True(best < TimeSpan.FromMilliseconds(100), $"{best}");
    }

    [Fact]
    public void Work_that_is_done_lets_the_pipeline_go_on()
    {
        using var work = new TestWork();
        work.Finish();
        Assert.Equal(
            ["done", "next"], engine.Run("$work, 'next' | Test-Wait", ("work", work)).Select(item => item.ToString()));
        Assert.Equal(0, work.Cancelled);
    }

    [Fact]
    public void What_other_threads_say_is_written_by_the_pipeline()
    {
        using var work = new TestWork();
        work.OnWait = wait =>
        {
            if (wait == 1)
            {
                var threads = Enumerable.Range(0, 8).Select(number => new Thread(() =>
                {
                    for (var i = 0; i < 50; i++)
                    {
                        work.Messages!.Add(MessageLevel.Verbose, $"{number}:{i}");
                    }

                    work.Messages!.Add(MessageLevel.Warning, $"warned by {number}");
                })).ToList();
                threads.ForEach(thread => thread.Start());
                threads.ForEach(thread => thread.Join());
            }
            else
            {
                work.Messages!.Add(MessageLevel.Verbose, "last");
                work.Finish();
            }
        };
        var outcome = engine.Try("Test-Wait $work -Verbose", ("work", work));
        Assert.Empty(outcome.Errors);
        Assert.Equal(401, outcome.Verbose.Count);
        Assert.Equal("last", outcome.Verbose[^1]);
        for (var number = 0; number < 8; number++)
        {
            Assert.Equal(
                Enumerable.Range(0, 50).Select(i => $"{number}:{i}"),
                outcome.Verbose.Where(line => line.StartsWith($"{number}:", StringComparison.Ordinal)));
        }

        Assert.Equal(8, outcome.Warnings.Count);
    }

    [Fact]
    public void A_flood_of_messages_is_bounded()
    {
        using var work = new TestWork();
        work.OnWait = _ =>
        {
            for (var i = 0; i < MessageQueue.Most + 5; i++)
            {
                work.Messages!.Add(MessageLevel.Debug, "x");
            }

            work.Finish();
        };
        Assert.Equal(["5 messages more were not kept."], engine.Try("Test-Wait $work", ("work", work)).Warnings);
    }

    [Fact]
    public void Progress_is_shown_and_taken_away()
    {
        using var work = new TestWork { Report = new WorkProgress("changing vm1", "InProgress", 40) };
        work.OnWait = wait =>
        {
            if (wait == 3)
            {
                work.Finish();
            }
        };
        using var shell = engine.Shell();
        shell.AddCommand("Test-Wait").AddParameter("Item", work).Invoke();
        Assert.Equal(40, shell.Streams.Progress[0].PercentComplete);
        Assert.Equal("changing vm1", shell.Streams.Progress[0].Activity);
        Assert.Equal(ProgressRecordType.Completed, shell.Streams.Progress[^1].RecordType);
    }

    [Fact]
    public void An_error_of_one_item_does_not_stop_the_rest()
    {
        var error =
            new MidentityException(MidErrorKind.Forbidden, "arm.forbidden", "no right to do this", "grant Reader")
            {
                StatusCode = 403,
                Code = "AuthorizationFailed",
                CorrelationId = "c",
                RetryAfter = TimeSpan.FromSeconds(3),
                Attempts = 1,
            };
        var outcome = engine.Try("$error1, 'next' | Test-Wait", ("error1", error));
        Assert.Equal("next", Assert.Single(outcome.Output).ToString());
        var record = Assert.Single(outcome.Errors);
        Assert.Equal("arm.forbidden,Midentity.PowerShell.Tests.TestWaitCommand", record.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.PermissionDenied, record.CategoryInfo.Category);
        Assert.Equal("target", record.TargetObject);
        Assert.Equal("grant Reader", record.ErrorDetails.RecommendedAction);
        Assert.Contains("no right to do this", record.ToString(), StringComparison.Ordinal);
        Assert.Contains("grant Reader", record.ToString(), StringComparison.Ordinal);
        Assert.Equal("AuthorizationFailed", ((MidentityException)record.Exception).Code);
    }

    [Fact]
    public void A_terminating_error_can_be_caught()
    {
        var error = new MidentityException(MidErrorKind.Timeout, "imds.timeout", "no answer in time");
        var caught = engine.Run(
            "try { Test-Wait $error1 -Terminating } catch { $_.FullyQualifiedErrorId; $_.CategoryInfo.Category }",
            ("error1", error));
        Assert.Equal(
            ["imds.timeout,Midentity.PowerShell.Tests.TestWaitCommand", "OperationTimeout"],
            caught.Select(item => item.ToString()));
    }
}
