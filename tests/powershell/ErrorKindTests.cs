using System;
using System.Linq;
using System.Management.Automation;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class ErrorKindTests
{
    [Fact]
    public void Every_kind_but_a_fault_of_ours_has_a_category()
    {
        foreach (var kind in Enum.GetValues<MidErrorKind>().Where(kind => kind != MidErrorKind.Internal))
        {
            Assert.NotEqual(ErrorCategory.NotSpecified, kind.Category());
        }

        Assert.Equal(ErrorCategory.NotSpecified, ((MidErrorKind)1234).Category());
    }
}
